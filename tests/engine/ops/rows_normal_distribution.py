"""Rows of the normal distribution."""

from scipy import special

from engine.ops.elementwise import normal_distribution as ops
from engine.testing.row import row, unary

row(ops.ndtr, special.ndtr, unary(), torch="special.ndtr", elementwise=True, special=True)
row(ops.ndtri, special.ndtri, unary(0.05, 0.95), torch="special.ndtri")
row(ops.log_ndtr, special.log_ndtr, unary(-9.0, 4.0), torch="special.log_ndtr")
row(ops.erfcx, special.erfcx, unary(-3.0, 9.0), torch="special.erfcx")
