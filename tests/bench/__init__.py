"""The bench: what the kernel costs, beside what the same work costs without it, in one run (``python3 run.py bench``).

    world     a database with companies, users, customers, articles and as many orders as asked for
    plain     the same tables mapped by plain SQLAlchemy: the floor
    reading, writing, pages, starting     the rows of the table

Times scatter and are printed; statements do not scatter and are asserted in tests.
"""
