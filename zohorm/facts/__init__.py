"""What the APIs are: one data file per product, its corrections, the converter and the renderer.

The sandbox and the renderer read the data through `load`; nothing here is imported by the core.
"""

from zohorm.facts.load import Facts, load, products

__all__ = ["Facts", "load", "products"]
