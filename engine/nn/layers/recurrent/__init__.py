"""Recurrent layers over sequences, and their cells for single steps."""

from engine.nn.layers.recurrent.cells import GRUCell, LSTMCell, RNNCell, RNNCellBase
from engine.nn.layers.recurrent.gru import GRU
from engine.nn.layers.recurrent.layers import RNNBase
from engine.nn.layers.recurrent.lstm import LSTM
from engine.nn.layers.recurrent.rnn import RNN

__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNBase", "RNNCell", "RNNCellBase"]
