"""`safelight verify`: attacks a library the way people would, and shows that each attack is denied and logged.

`runner` runs all of it; `attacks` is the list; `arena` makes the copy on which things may be broken; `canaries` keeps
the made-up sessions that are attacked; `person` and `child` are one attacker's process, which has nothing but its own
identity and the library's folder; `attempts` is what such a process tries. Start reading at `attacks`.
It knows no person's session: whatever it opens, alters or gives away is a canary.
"""
