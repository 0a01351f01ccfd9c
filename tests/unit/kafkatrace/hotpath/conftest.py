from kafkatrace.hotpath import choose

_ABOUT_C = ["test_choose.py", "test_members.py", "test_module.py"]  # some compare it with Python
collect_ignore = [] if choose.COMPILED else _ABOUT_C
