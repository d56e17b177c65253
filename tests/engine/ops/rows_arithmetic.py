"""Rows of arithmetic."""

import numpy as np

from engine.ops import arithmetic as ops
from engine.testing.row import binary, row, unary

row(ops.add, np.add, binary(), torch="add", elementwise=True, special=True)
row(ops.sub, np.subtract, binary(), torch="sub", elementwise=True, special=True)
row(ops.mul, np.multiply, binary(), torch="mul", elementwise=True, special=True)
row(ops.div, np.divide, binary(0.5, 3.0), torch="div", elementwise=True, special=True)
row(ops.neg, np.negative, unary(), torch="neg", elementwise=True, special=True)
