#!/usr/bin/env bash
# Applies examples/minimal.yaml, or examples/strimzi.yaml where Strimzi runs Kafka demo, and shows the journey of one message.
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/lib.sh"
JAEGER=http://localhost:16686

condition() { # condition NAME: its status
  kubectl get tp orders --output "jsonpath={.status.conditions[?(@.type==\"$1\")].status}"
}

# until_true NAME: asks four times a second, prints the seconds since the pipeline was applied.
until_true() {
  local waited
  until [ "$(condition "$1")" = True ]; do
    waited=$(elapsed)
    if [ "${waited%.*}" -ge 120 ]; then
      kubectl describe tp orders >&2
      die "$1 is not True $waited s after apply; what is wrong stands above."
    fi
    sleep 0.25
  done
  elapsed
}

elapsed() { awk -v now="$EPOCHREALTIME" -v then="$APPLIED" 'BEGIN {printf "%.1f", now - then}'; }

example=examples/minimal.yaml
if kubectl get kafkas.kafka.strimzi.io demo >/dev/null 2>&1; then example=examples/strimzi.yaml; fi
kubectl delete tp orders --ignore-not-found --wait
kubectl wait pod --selector app.kubernetes.io/instance=orders --for=delete --timeout=60s >/dev/null
say "· kubectl apply -f $example"
kubectl apply -f "$REPO/$example"
APPLIED=$EPOCHREALTIME
kubectl apply -f "$REPO/tools/demo-jaeger.yaml" >/dev/null
ready=$(until_true Ready)
traces=$(until_true TracesFlowing)

printf '\n'
kubectl get tp orders
printf '\nOne message, read back from Jaeger:\n\n'
"$REPO/.venv/bin/tracedpipeline" trace orders --jaeger "$JAEGER"
printf '\nfrom apply to Ready: %s s, to the first complete trace: %s s\n' "$ready" "$traces"
printf 'Jaeger: %s%s\n' "$JAEGER" "$(kubectl get tp orders --output 'jsonpath={.status.lastTrace.path}')"
if ! curl --silent "$JAEGER/" | grep -q '<title>Jaeger UI'; then
  echo "This Jaeger was built from packages and has no web page: its API answers there, the picture is the waterfall above."
fi
