"""`make mutants`: change the pure modules a little, one place at a time, and see whether their tests notice."""
