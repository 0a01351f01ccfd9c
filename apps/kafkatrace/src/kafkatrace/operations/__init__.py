"""What a client does with messages: send, receive, process, commit, a transaction, a stage."""
