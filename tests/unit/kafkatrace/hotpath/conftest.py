from kafkatrace.hotpath import choose

collect_ignore = [] if choose.COMPILED else ["test_choose.py"]  # compares what is written in C with Python
