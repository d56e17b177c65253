"""Recording what a function does to tensors, and running the recording instead of the function."""

from engine.capture.compiled import Compiled, compile
from engine.capture.program import Instruction, Program, Slot, Write

__all__ = ["Compiled", "Instruction", "Program", "Slot", "Write", "compile"]
