"""Rules of Subscriptions: plans that are billed term after term, coupons, hosted pages, events.

`terms` and `prices` are sums on paper; `billing` makes invoices, `renewals` follows the clock, and
`records` and `pages` are what the generic server asks.
"""
