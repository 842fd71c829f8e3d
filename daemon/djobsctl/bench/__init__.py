"""The benchmarks: each figure beside a baseline that was measured in the same run.

Nothing here is imported by any other command. Load comes from processes of its own, which import
next to nothing, so that what is measured is the daemon and not the measuring.
"""
