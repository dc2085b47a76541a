"""Every act a person can ask for, as data: menus, keys, the palette, the key sheet, docs and end-to-end tests read it.

`registry` and `catalogue` are free of Qt; `binding` turns them into QActions. Start with `catalogue`.
"""
