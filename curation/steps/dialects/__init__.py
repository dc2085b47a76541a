"""Dialects: what each trainer's action space calls an action, and what it cannot say.

A dialect turns an action into its own form or says why it cannot; nothing is dropped. Start at `pyautogui`.
"""
