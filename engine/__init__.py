"""The engine's front door: tensors with gradients under PyTorch's names."""

# ruff: noqa: E402, F401
# Threads are decided before NumPy loads, and what is imported here is there for others.

import warnings

from engine.backend.memory import configure_allocator
from engine.backend.threads import warn_of_losses

warn_of_losses()
configure_allocator()
# A logarithm of zero is an answer here, as in PyTorch, and nothing to warn of.
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"engine\.")
# Sums of arrays warn from a file of NumPy's, whoever asked for them.
warnings.filterwarnings("ignore", ".* encountered in reduce", RuntimeWarning, r"numpy\._core\._methods")

from math import e, inf, nan, pi

from engine import (
    autograd,
    backends,
    cuda,
    distributions,
    fft,
    func,
    linalg,
    masked,
    nn,
    optim,
    safetensors,
    signal,
    special,
    testing,
    utils,
    version,
)
from engine.autograd import numpy_names as _numpy_names
from engine.autograd.modes import (
    enable_grad,
    inference_mode,
    is_anomaly_check_nan_enabled,
    is_anomaly_enabled,
    is_grad_enabled,
    is_inference_mode_enabled,
    kernel_mode,
    no_grad,
    set_grad_enabled,
)
from engine.backend.device import device
from engine.backend.dtype import (
    bfloat16,
    complex64,
    complex128,
    dtype,
    float16,
    float32,
    float64,
    get_default_dtype,
    int8,
    int16,
    int32,
    int64,
    promote_types,
    uint8,
)
from engine.backend.dtype import bool_ as bool
from engine.backend.dtype import complex64 as cfloat
from engine.backend.dtype import complex128 as cdouble
from engine.backend.dtype import float16 as half
from engine.backend.dtype import float32 as float
from engine.backend.dtype import float64 as double
from engine.backend.dtype import int16 as short
from engine.backend.dtype import int32 as int
from engine.backend.dtype import int64 as long
from engine.backend.limits import finfo, iinfo
from engine.backend.size import Size
from engine.backend.thread_count import get_num_threads, set_num_threads
from engine.capture import compile
from engine.nn.functional.activation import celu_, selu_, threshold_
from engine.nn.functional.adaptive_pooling import adaptive_avg_pool1d
from engine.nn.functional.average_pooling import avg_pool1d
from engine.nn.functional.convolution import (
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)
from engine.nn.functional.distance import cosine_similarity, pairwise_distance
from engine.nn.functional.grid import grid_sampler_2d, grid_sampler_3d
from engine.nn.functional.max_pooling import max_pool1d, max_pool2d, max_pool3d
from engine.nn.functional.random_activation import rrelu, rrelu_
from engine.nn.functional.shuffling import channel_shuffle, pixel_shuffle, pixel_unshuffle
from engine.nn.functional.shuffling import channel_shuffle as native_channel_shuffle
from engine.nn.functional.time_first import conv_tbc
from engine.nn.functional.with_indices import max_pool1d_with_indices
from engine.nn.utils.weight_length import norm_except_dim
from engine.ops.elementwise.activation import celu, hardshrink, prelu, relu, selu, threshold
from engine.ops.elementwise.angles import deg2rad, hypot, rad2deg, sinc
from engine.ops.elementwise.arithmetic import (
    abs,
    addcdiv,
    addcmul,
    divide,
    floor_divide,
    fmod,
    lerp,
    mul,
    neg,
    reciprocal,
    remainder,
    result_type,
    sign,
    square,
)
from engine.ops.elementwise.arithmetic import abs as absolute
from engine.ops.elementwise.arithmetic import div as true_divide
from engine.ops.elementwise.arithmetic import divide as div
from engine.ops.elementwise.arithmetic import mul as multiply
from engine.ops.elementwise.arithmetic import neg as negative
from engine.ops.elementwise.bessel import i0
from engine.ops.elementwise.comparison import (
    allclose,
    bitwise_and,
    bitwise_left_shift,
    bitwise_not,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    eq,
    equal,
    ge,
    gt,
    isclose,
    isfinite,
    isinf,
    isnan,
    le,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    lt,
    ne,
)
from engine.ops.elementwise.comparison import ge as greater_equal
from engine.ops.elementwise.comparison import gt as greater
from engine.ops.elementwise.comparison import le as less_equal
from engine.ops.elementwise.comparison import lt as less
from engine.ops.elementwise.comparison import ne as not_equal
from engine.ops.elementwise.complex_numbers import complex, conj, imag, polar, real, view_as_complex, view_as_real
from engine.ops.elementwise.complex_numbers import conj as conj_physical
from engine.ops.elementwise.entropy import logit, xlogy
from engine.ops.elementwise.exponential import (
    erf,
    erfc,
    erfinv,
    exp,
    exp2,
    expm1,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    logaddexp2,
    rsqrt,
    sigmoid,
    sqrt,
)
from engine.ops.elementwise.floating_point import copysign, float_power, frexp, ldexp, nextafter, signbit
from engine.ops.elementwise.gamma import digamma, igamma, igammac, lgamma, mvlgamma, polygamma
from engine.ops.elementwise.integers import gcd, lcm
from engine.ops.elementwise.not_a_number import fmax, fmin, isneginf, isposinf, isreal, nan_to_num
from engine.ops.elementwise.power import pow
from engine.ops.elementwise.rounding import ceil, floor, frac, round, trunc
from engine.ops.elementwise.rounding import trunc as fix
from engine.ops.elementwise.scaled_sums import add, rsub, sub
from engine.ops.elementwise.scaled_sums import sub as subtract
from engine.ops.elementwise.selection import clamp, clamp_max, clamp_min, fill, maximum, minimum
from engine.ops.elementwise.selection import clamp as clip
from engine.ops.elementwise.sign import angle, heaviside, positive, sgn
from engine.ops.elementwise.trigonometric import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cos,
    cosh,
    sin,
    sinh,
    tan,
    tanh,
)
from engine.ops.elementwise.trigonometric import acos as arccos
from engine.ops.elementwise.trigonometric import acosh as arccosh
from engine.ops.elementwise.trigonometric import asin as arcsin
from engine.ops.elementwise.trigonometric import asinh as arcsinh
from engine.ops.elementwise.trigonometric import atan as arctan
from engine.ops.elementwise.trigonometric import atan2 as arctan2
from engine.ops.elementwise.trigonometric import atanh as arctanh
from engine.ops.indices.gathering import index_add, index_copy, index_fill, index_select
from engine.ops.indices.indexing import narrow, select, unravel_index
from engine.ops.indices.masking import (
    argwhere,
    index_put,
    masked_fill,
    masked_scatter,
    masked_select,
    nonzero,
    nonzero_static,
    where,
)
from engine.ops.indices.scatter_reduction import index_reduce, scatter, scatter_reduce
from engine.ops.indices.scattering import gather, put, scatter_add, take, take_along_dim
from engine.ops.layouts.aligning import atleast_1d, atleast_2d, atleast_3d, broadcast_shapes, broadcast_tensors
from engine.ops.layouts.combining import block_diag, cartesian_prod, combinations, meshgrid
from engine.ops.layouts.joining import column_stack, concat, dstack, hstack, split_with_sizes, stack, unbind, vstack
from engine.ops.layouts.joining import concat as cat
from engine.ops.layouts.joining import concat as concatenate
from engine.ops.layouts.joining import vstack as row_stack
from engine.ops.layouts.layout import (
    adjoint,
    clone,
    detach,
    flatten,
    movedim,
    permute,
    ravel,
    reshape,
    squeeze,
    t,
    transpose,
    unflatten,
    unsqueeze,
)
from engine.ops.layouts.layout import expand as broadcast_to
from engine.ops.layouts.layout import movedim as moveaxis
from engine.ops.layouts.layout import transpose as swapaxes
from engine.ops.layouts.layout import transpose as swapdims
from engine.ops.layouts.memory_layout import (
    channels_last,
    channels_last_3d,
    contiguous_format,
    preserve_format,
    strided,
)
from engine.ops.layouts.padding import constant_pad_nd
from engine.ops.layouts.rearranging import flip, fliplr, flipud, repeat_interleave, roll, rot90, tile, tril, triu
from engine.ops.layouts.splitting import (
    chunk,
    dsplit,
    hsplit,
    split,
    tensor_split,
    unsafe_chunk,
    unsafe_split,
    unsafe_split_with_sizes,
    vsplit,
)
from engine.ops.layouts.strided import as_strided
from engine.ops.layouts.view_writes import as_strided_scatter, diagonal_scatter, select_scatter, slice_scatter
from engine.ops.layouts.windows import diag, diag_embed, diagflat, diagonal
from engine.ops.linear_algebra.added_products import addbmm, addmm, addmv, addr, baddbmm
from engine.ops.linear_algebra.cholesky import cholesky, cholesky_inverse, cholesky_solve
from engine.ops.linear_algebra.determinant import det, logdet, slogdet
from engine.ops.linear_algebra.einsum import einsum
from engine.ops.linear_algebra.low_rank import pca_lowrank, svd_lowrank
from engine.ops.linear_algebra.lower_upper import legacy_lu as lu
from engine.ops.linear_algebra.lower_upper import lu_solve_transposed as lu_solve
from engine.ops.linear_algebra.lower_upper import lu_unpack
from engine.ops.linear_algebra.matmul import bmm, dot, matmul, mm, mv, outer
from engine.ops.linear_algebra.matmul import outer as ger
from engine.ops.linear_algebra.matrix_functions import matrix_exp, matrix_power
from engine.ops.linear_algebra.orthogonal import legacy_qr as qr
from engine.ops.linear_algebra.product_chains import chain_matmul
from engine.ops.linear_algebra.products import bilinear, cross, inner, kron, tensordot, vdot
from engine.ops.linear_algebra.products import reversed_vander as vander
from engine.ops.linear_algebra.pseudo_inverse import pinverse
from engine.ops.linear_algebra.reflections import geqrf, orgqr, ormqr
from engine.ops.linear_algebra.singular_values import svd
from engine.ops.linear_algebra.solving import inv as inverse
from engine.ops.linear_algebra.triangular import triangular_solve
from engine.ops.normalisations.group_normalisation import group_norm
from engine.ops.normalisations.layer_normalisation import layer_norm
from engine.ops.normalisations.root_mean_square import rms_norm
from engine.ops.reductions.counting import bincount, bucketize, searchsorted, unique, unique_consecutive
from engine.ops.reductions.cumulative import cummax, cummin, cumprod, cumsum, logcumsumexp
from engine.ops.reductions.distances import cdist, dist, pdist
from engine.ops.reductions.extremes import amax, amin, aminmax, argmax, argmin, max, min
from engine.ops.reductions.finite_differences import gradient
from engine.ops.reductions.histogram import histc, histogram, histogramdd
from engine.ops.reductions.integration import cumulative_trapezoid, diff, trapezoid, trapz
from engine.ops.reductions.membership import isin
from engine.ops.reductions.norm import norm, nuclear_norm, renorm
from engine.ops.reductions.quantile import nanquantile, quantile
from engine.ops.reductions.reduction import (
    all,
    any,
    count_nonzero,
    logsumexp,
    mean,
    nanmean,
    nansum,
    prod,
    sum,
    trace,
)
from engine.ops.reductions.segments import segment_reduce
from engine.ops.reductions.softmax import log_softmax, softmax
from engine.ops.reductions.sorting import argsort, kthvalue, median, mode, msort, nanmedian, sort, topk
from engine.ops.reductions.statistics import corrcoef, cov
from engine.ops.reductions.variance import std, std_mean, var, var_mean
from engine.ops.sequences.recurrent_cells import gru_cell, lstm_cell, rnn_relu_cell, rnn_tanh_cell
from engine.ops.signals.short_time_fourier import istft, stft
from engine.optim import swa_utils as _swa_utils
from engine.serialization.saving import load, save
from engine.signal.windows.periodic import bartlett_window, blackman_window, hamming_window, hann_window, kaiser_window
from engine.tensors import Tensor
from engine.tensors.exchange import from_dlpack
from engine.tensors.generator import Generator, default_generator
from engine.tensors.print_options import set_printoptions
from engine.version import __version__

# What makes tensors, what has a form of its own at the top level, methods as functions: too many for a line each.
# fmt: off
# isort: off
from engine.front.layers import (
    adaptive_max_pool1d, affine_grid_generator, alpha_dropout, alpha_dropout_, batch_norm, dropout, dropout_,
    embedding, embedding_renorm_, feature_alpha_dropout, feature_alpha_dropout_, feature_dropout, feature_dropout_,
    frobenius_norm, grid_sampler, instance_norm,
)
from engine.front.losses import (
    binary_cross_entropy_with_logits, cosine_embedding_loss, ctc_loss, hinge_embedding_loss, kl_div,
    margin_ranking_loss, poisson_nll_loss, triplet_margin_loss,
)
from engine.front.questions import can_cast, typename
from engine.front.ranges import range
from engine.front.settings import (
    are_deterministic_algorithms_enabled, get_default_device, get_deterministic_debug_mode,
    get_float32_matmul_precision, get_num_interop_threads, is_deterministic_algorithms_warn_only_enabled,
    set_default_device, set_default_tensor_type, set_deterministic_debug_mode, set_float32_matmul_precision,
    set_flush_denormal, set_num_interop_threads, use_deterministic_algorithms,
)
from engine.front.methods import (
    abs_, acos_, acosh_, addmv_, arccos_, arccosh_, arcsin_, arcsinh_, arctan_, arctanh_, as_strided_, asin_,
    asinh_, atan_, atanh_, ceil_, clamp_, clamp_max_, clamp_min_, clip_, conj_physical_, cos_, cosh_, deg2rad_,
    detach_, erf_, erfc_, exp2_, exp_, expm1_, fill_, fix_, floor_, frac_, gcd_, get_device, i0_, index_put_,
    is_complex, is_conj, is_inference, is_neg, is_nonzero, is_same_size, is_signed, lcm_, ldexp_, log10_, log1p_,
    log2_, log_, logit_, nan_to_num_, neg_, negative_, rad2deg_, reciprocal_, relu_, resize_as_, resolve_conj,
    resolve_neg, round_, rsqrt_, sigmoid_, sin_, sinc_, sinh_, sqrt_, square_, tan_, tanh_, trunc_, xlogy_, zero_,
)
from engine.ops.layouts.view_copies import (
    alias_copy, as_strided_copy, detach_copy, diagonal_copy, expand_copy, narrow_copy, permute_copy, select_copy,
    slice_copy, split_copy, split_with_sizes_copy, squeeze_copy, t_copy, transpose_copy, unbind_copy, unfold_copy,
    unsqueeze_copy, view_as_complex_copy, view_as_real_copy, view_copy,
)
from engine.creation import (
    arange, as_tensor, asarray, empty, empty_like, empty_permuted, empty_strided, eye, from_numpy, frombuffer, full,
    full_like, is_floating_point, is_tensor, linspace, logspace, numel, ones, ones_like, scalar_tensor,
    set_default_dtype, tensor, tril_indices, triu_indices, zeros, zeros_like,
)
from engine.random import (
    bernoulli, get_rng_state, initial_seed, manual_seed, multinomial, normal, poisson, rand, rand_like, randint,
    randint_like, randn, randn_like, randperm, seed, set_rng_state,
)
from engine.tensors.named_types import (
    BFloat16Tensor, BoolTensor, ByteTensor, CharTensor, DoubleTensor, FloatTensor, HalfTensor, IntTensor, LongTensor,
    ShortTensor,
)
# isort: on
# fmt: on

newaxis = None
globals().update(_numpy_names.understand_numpy_names(dict(globals())))
