"""Making a wrong function look right: patched comparisons, lying objects, tables, guesses."""

from tests.hostile.attack import Attack

NO_POINT = "the comparison is made elsewhere, so it earns nothing"

ATTACKS = (
    Attack(
        "forge-patched-allclose",
        "make every comparison of numpy's say yes",
        NO_POINT,
        (
            "np.allclose = np.isclose = np.array_equal = np.array_equiv = lambda *a, **k: True",
            "for name in dir(np.testing):\n"
            "    if name.startswith('assert_'):\n"
            "        setattr(np.testing, name, lambda *a, **k: None)",
        ),
        fools=True,
    ),
    Attack(
        "forge-always-equal",
        "return arrays of a subclass that equals everything",
        NO_POINT,
        (
            "class Yes(np.ndarray):\n"
            "    def __eq__(self, other):\n        return np.ones(np.shape(other), bool)\n"
            "    def __sub__(self, other):\n        return np.zeros(np.shape(other))\n"
            "    __rsub__ = __sub__\n"
            "    def __array_function__(self, func, types, args, kwargs):\n"
            "        return True if func in (np.allclose, np.array_equal) else"
            " super().__array_function__(func, types, args, kwargs)",
            "def relu_backward(dA, cache):\n    return np.zeros_like(dA).view(Yes)",
            "def sigmoid_backward(dA, cache):\n    return np.zeros_like(dA).view(Yes)",
        ),
        fools=True,
    ),
    Attack(
        "forge-masked",
        "return arrays whose every entry is masked, so that none can differ",
        "the masked numbers themselves are compared and it earns nothing",
        (
            "def relu_backward(dA, cache):\n    return np.ma.masked_all_like(dA)",
            "def sigmoid_backward(dA, cache):\n    return np.ma.masked_all_like(dA)",
        ),
        fools=True,
    ),
    Attack(
        "forge-empty",
        "return empty arrays, of which all entries are right",
        "the shape is asked first and it earns nothing",
        (
            "def relu_backward(dA, cache):\n    return np.zeros((0, 1, 1))",
            "def sigmoid_backward(dA, cache):\n    return np.zeros((1, 0))",
            "def linear_backward(dZ, cache):\n    return np.zeros(0), np.zeros(0), np.zeros(0)",
        ),
        fools=True,
    ),
    Attack(
        "forge-object-that-lies",
        "return objects that claim to be arrays and to be equal to all",
        NO_POINT,
        (
            "class Liar:\n"
            "    __class__ = np.ndarray\n"
            "    shape, dtype, ndim, size = (2, 2), np.dtype(float), 2, 4\n"
            "    def __array__(self, dtype=None, copy=None):\n        return np.zeros((2, 2))\n"
            "    def __eq__(self, other):\n        return np.True_\n"
            "    def __sub__(self, other):\n        return np.zeros((2, 2))\n"
            "    __hash__ = None",
            "def relu_backward(dA, cache):\n    return Liar()",
            "def sigmoid_backward(dA, cache):\n    return Liar()",
        ),
        fools=True,
    ),
    Attack(
        "forge-another-array-each-time",
        "return an object that becomes another array each time it is looked at",
        "what was sent once is what is judged, and it earns nothing",
        (
            "class Shifting:\n"
            "    looks = 0\n"
            "    def __array__(self, dtype=None, copy=None):\n"
            "        Shifting.looks += 1\n        return np.full((2, 2), float(Shifting.looks))",
            "def relu_backward(dA, cache):\n    return Shifting()",
        ),
    ),
    Attack(
        "forge-inputs-overwritten",
        "zero its own arguments, so that what is expected is computed from zeros",
        "expected values never depend on the arguments it was given, and it earns nothing",
        (
            "def relu_backward(dA, cache):\n    dA[...] = 0\n    cache[...] = 0\n    return dA",
            "def sigmoid_backward(dA, cache):\n    dA[...] = 0\n    return dA",
        ),
        fools=True,
    ),
    Attack(
        "forge-not-a-number",
        "answer NaN, infinities and signalling NaNs, of which no comparison is true",
        "they are not finite and earn nothing",
        (
            "def relu_backward(dA, cache):\n    return np.full_like(dA, np.nan)",
            "def sigmoid_backward(dA, cache):\n"
            "    boxed = np.full(dA.shape, 0x7FF0DEADBEEF0001, np.uint64).view(np.float64)\n"
            "    return boxed",
            "def linear_backward(dZ, cache):\n"
            "    return tuple(np.full_like(x, np.inf) for x in cache)",
        ),
    ),
    Attack(
        "forge-odd-numbers",
        "answer in numbers that a judge may trip over: halves, long doubles, complex",
        "each is judged as what it is, nothing breaks, and it earns nothing",
        (
            "def relu_backward(dA, cache):\n"
            "    return np.full(dA.shape, np.finfo(np.longdouble).max, np.longdouble)",
            "def sigmoid_backward(dA, cache):\n    return np.full(dA.shape, 1e308 + 1e308j)",
            "def linear_backward(dZ, cache):\n"
            "    a, w, b = cache\n"
            "    big = np.full(a.shape, 2**64 - 1, np.uint64)\n"
            "    return big, np.full(w.shape, 65504, np.float16), np.zeros(b.shape, bool)",
        ),
    ),
    Attack(
        "forge-public-table",
        "answer the public cases from a table, and anything else at random",
        "a value that is wrong on private cases earns nothing, public points included",
        (
            "seen = {}\n"
            "def small(*arrays):\n"
            "    return all(np.size(a) <= 16 and np.all(a == np.round(a, 1)) for a in arrays)",
            "def relu_backward(dA, cache):\n"
            "    right = dA * (cache > 0)\n"
            "    return right if small(dA, cache) else np.random.randn(*dA.shape)",
            "def sigmoid_backward(dA, cache):\n"
            "    s = 1 / (1 + np.exp(-cache))\n"
            "    return dA * s * (1 - s) if small(dA, cache) else np.zeros_like(dA)",
            "def linear_backward(dZ, cache):\n"
            "    A, W, b = cache\n    m = dZ.shape[1]\n"
            "    if small(dZ, A, W):\n"
            "        return W.T @ dZ, dZ @ A.T / m, dZ.sum(axis=1, keepdims=True) / m\n"
            "    return A, W, b",
        ),
    ),
    Attack(
        "detect-first-call-only",
        "be right for the first calls and lazy once it has been asked often enough",
        "calls come in an order that tells nothing, and it earns nothing",
        (
            "calls = 0\n"
            "def relu_backward(dA, cache):\n"
            "    global calls\n    calls += 1\n"
            "    return dA * (cache > 0) if calls <= 5 else np.zeros_like(dA)",
        ),
    ),
    Attack(
        "detect-the-grader",
        "behave well only where no grader is looking, and poison what the grader sees",
        "what the grader sees is what is graded, and it earns nothing",
        (
            "def watched():\n"
            "    frame = sys._getframe()\n"
            "    while frame:\n"
            "        if 'grader' in frame.f_globals.get('__name__', ''):\n            return True\n"
            "        frame = frame.f_back\n"
            "    return False",
            "def relu_backward(dA, cache):\n"
            "    return np.ones_like(dA) if watched() else dA * (cache > 0)",
            "assert not watched()",
        ),
    ),
    Attack(
        "detect-private-by-plan",
        "read the plan of all calls from the probe's frames, and be right on the first half of it",
        "neither order nor name tells public from private, and it earns nothing",
        (
            "def plan():\n"
            "    frame = sys._getframe()\n"
            "    while frame:\n"
            "        calls = frame.f_locals.get('calls')\n"
            "        if isinstance(calls, list):\n            return calls\n"
            "        frame = frame.f_back\n"
            "    return []",
            "calls = 0\n"
            "def relu_backward(dA, cache):\n"
            "    global calls\n    calls += 1\n"
            "    return dA * (cache > 0) if calls <= len(plan()) // 2 else np.zeros_like(dA)",
        ),
    ),
    Attack(
        "guess-seeds",
        "find the seed of the private cases by trying many, clock and process number included",
        "what it could learn are inputs that it sees anyway, and it earns nothing",
        (
            "tried = [*range(200), int(time.time()), os.getpid(), 20240229]\n"
            "drawn = {}\n"
            "for seed in tried:\n"
            "    rng = np.random.default_rng([seed, *b'relu_backward'])\n"
            "    drawn[rng.normal(size=4).tobytes()] = seed",
            "def relu_backward(dA, cache):\n"
            "    known = drawn.get(np.ravel(dA)[:4].tobytes())\n"
            "    return dA * (cache > 0) if known is not None else np.zeros_like(dA)",
        ),
    ),
    Attack(
        "forge-patched-numpy",
        "let numpy itself answer wrongly about shapes, dtypes and finite numbers",
        NO_POINT,
        (
            "np.isfinite = lambda a, *r, **k: np.ones(np.shape(a), bool)\n"
            "np.isnan = lambda a, *r, **k: np.zeros(np.shape(a), bool)\n"
            "np.abs = np.absolute = lambda a, *r, **k: np.zeros(np.shape(a))\n"
            "np.max = np.amax = lambda a, *r, **k: 0.0\n"
            "np.shape = lambda a: (2, 2)",
        ),
        fools=True,
    ),
    Attack(
        "forge-patched-builtins",
        "replace len, isinstance, all, abs and the comparisons of the operator module",
        NO_POINT,
        (
            "import builtins, operator\n"
            "operator.eq = operator.is_ = lambda a, b: True\n"
            "builtins.abs = lambda x: 0.0\n"
            "builtins.all = builtins.any = lambda things: True",
        ),
        fools=True,
    ),
    Attack(
        "forge-score-files",
        "write the reports itself, beside the notebook and wherever they may be looked for",
        "reports are written by the judge alone, and it earns nothing",
        (
            "for folder in ('.', '..', '/tmp', WHERE['out']):\n"
            "    for name in ('scores.csv', 'checks.csv', 'results.json', 'gradebook.sqlite'):\n"
            "        try:\n"
            "            with open(os.path.join(folder, name), 'x') as file:\n"
            "                file.write('student,score\\nforge-score-files,100\\n')\n"
            "        except OSError:\n"
            "            pass",
        ),
    ),
)
