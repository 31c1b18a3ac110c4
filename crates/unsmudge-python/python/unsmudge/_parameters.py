"""Parameters of the estimators, generated from the library's settings by ``make generated``."""

from ._suggestion import suggesting

AUTOENCODER = (
    "n_hidden",
    "corruption",
    "tied",
    "activation",
    "initial_bias",
    "loss",
    "decoder",
    "emphasis",
    "walkback",
    "contraction",
    "sparsity",
    "sparsity_target",
)
MACHINE = (
    "n_hidden",
    "steps",
    "persistent",
    "n_chains",
)
MARGINALIZED = (
    "corruption",
    "ridge",
)
FIRST_LAYER = (
    "loss",
    "decoder",
    "walkback",
)
TRAINING = (
    "epochs",
    "batch",
    "optimizer",
    "rate",
    "schedule",
    "l2",
    "l1",
    "clip",
    "patience",
    "precision",
)
JOINT = (
    "corruption",
    "emphasis",
    "walkback",
)
TUNING = {
    "tune_epochs": "epochs",
    "tune_batch": "batch",
    "tune_optimizer": "optimizer",
    "tune_rate": "rate",
    "tune_l2": "l2",
    "tune_patience": "patience",
}
ALIASES = {
    "activation_function": "activation",
    "adam": "optimizer",
    "alpha": "emphasis",
    "amp": "precision",
    "annealing": "schedule",
    "batch_size": "batch",
    "bias": "initial_bias",
    "bias_init": "initial_bias",
    "callbacks": "callback",
    "cd": "steps",
    "cd_k": "steps",
    "chains": "n_chains",
    "clip_norm": "clip",
    "clipnorm": "clip",
    "code_size": "n_hidden",
    "contraction_penalty": "contraction",
    "contractive": "contraction",
    "contractive_penalty": "contraction",
    "corruption_level": "corruption",
    "corruption_rate": "corruption",
    "corruption_type": "corruption",
    "criterion": "loss",
    "decoder_activation": "decoder",
    "drop": "dropout",
    "drop_rate": "dropout",
    "dropout_rate": "dropout",
    "dtype": "precision",
    "early_stop": "patience",
    "early_stopping": "patience",
    "encoder": "activation",
    "encoding_dim": "n_hidden",
    "eta": "rate",
    "eta0": "rate",
    "gibbs_steps": "steps",
    "grad_clip": "clip",
    "gradient_clip": "clip",
    "held_out": "valid",
    "hidden": "n_hidden",
    "hidden_activation": "activation",
    "hidden_bias": "initial_bias",
    "hidden_dim": "n_hidden",
    "hidden_layer_sizes": "n_hidden",
    "hidden_size": "n_hidden",
    "hidden_units": "n_hidden",
    "iterations": "epochs",
    "jacobian": "contraction",
    "k": "steps",
    "l1_penalty": "l1",
    "l1_reg": "l1",
    "l2_penalty": "l2",
    "l2_reg": "l2",
    "lasso": "l1",
    "latent_dim": "n_hidden",
    "learning_rate": "rate",
    "learning_rate_init": "rate",
    "loss_function": "loss",
    "loss_weights": "emphasis",
    "lr": "rate",
    "lr_schedule": "schedule",
    "lr_scheduler": "schedule",
    "masking": "corruption",
    "max_epochs": "epochs",
    "max_iter": "epochs",
    "max_norm": "clip",
    "mini_batch": "batch",
    "minibatch": "batch",
    "minibatch_size": "batch",
    "mixed_precision": "precision",
    "momentum": "optimizer",
    "n_components": "n_hidden",
    "n_epochs": "epochs",
    "n_iter": "epochs",
    "n_iter_no_change": "patience",
    "n_particles": "n_chains",
    "n_threads": "n_jobs",
    "n_units": "n_hidden",
    "n_valid": "valid",
    "nesterov": "optimizer",
    "noise": "corruption",
    "noise_factor": "corruption",
    "noise_level": "corruption",
    "noise_type": "corruption",
    "nonlinearity": "activation",
    "normalization": "scaling",
    "normalize": "scaling",
    "num_threads": "n_jobs",
    "objective": "loss",
    "optim": "optimizer",
    "optimiser": "optimizer",
    "output_activation": "decoder",
    "p_dropout": "dropout",
    "pcd": "persistent",
    "persistent_chains": "persistent",
    "preprocessing": "scaling",
    "random_seed": "random_state",
    "rate_schedule": "schedule",
    "regularization": "l2",
    "rho": "sparsity_target",
    "ridge_penalty": "ridge",
    "scale": "scaling",
    "scaler": "scaling",
    "scheduler": "schedule",
    "seed": "random_state",
    "sgd": "optimizer",
    "shape": "image_shape",
    "solver": "optimizer",
    "sparse": "sparsity",
    "sparsity_level": "sparsity_target",
    "sparsity_penalty": "sparsity",
    "sparsity_proportion": "sparsity_target",
    "sparsity_regularization": "sparsity",
    "sparsity_weight": "sparsity",
    "step_size": "rate",
    "target_sparsity": "sparsity_target",
    "threads": "n_jobs",
    "tie": "tied",
    "tie_weights": "tied",
    "tied_weights": "tied",
    "units": "n_hidden",
    "untied": "tied",
    "validation_fraction": "valid",
    "validation_split": "valid",
    "walk_back": "walkback",
    "walkback_steps": "walkback",
    "walkbacks": "walkback",
    "weight_decay": "l2",
}


class AutoencoderParameters:
    """Parameters
    ----------
    n_hidden : int, default=500
        Hidden units. The length of a code. Usual values: 16 to 64 for tables, 100 to 2000 for
        images.

    corruption : str, default="masking:0.25"
        Corruption of the input in training. ``none``; ``masking``, ``bernoulli``,
        ``salt-and-pepper``, ``salt``, ``flip`` or ``swap`` with a fraction of the components (usual
        values 0.1 to 0.5); ``gaussian`` or ``speckle`` with a standard deviation (usual values 0.1
        to 0.5); several joined by ``+``. An amount may be drawn for each example
        (``masking:0.1..0.5``) or annealed over the epochs (``masking:0.5to0.1``).

    tied : bool, default=True
        The decoder's weights are the encoder's, transposed.

    activation : {"sigmoid", "tanh", "relu", "softplus", "identity"}, default="sigmoid"
        Activation of the hidden units.

    initial_bias : float, default=0.0
        Initial hidden biases. Usual values: 0, or -2 for sparse codes, from which layers above and
        classifiers often learn more.

    loss : {"squared-error", "cross-entropy", "poisson"}, default=None
        Reconstruction loss. None: cross-entropy for data that are scaled to [0, 1], else squared
        error. Of the lowest layer; above it the loss follows from the codes.

    decoder : {"sigmoid", "tanh", "relu", "softplus", "identity"}, default=None
        Decoder activation. None: sigmoid for cross-entropy, identity for squared error. Of the
        lowest layer.

    emphasis : str, default="none"
        Weights of corrupted and of untouched components in the loss. ``none``: all weigh 1;
        ``double``: 1 and 0.5; ``full``: 1 and 0; or two numbers from 0, such as ``1,0.2``.

    walkback : int, default=0
        Most steps of walks from an example in training. Before a batch is learned from, it takes 0
        to this many steps of the model's own chain: corrupt, reconstruct, draw. What is learned is
        to come back to the clean examples, for samples drawn by chains. Usual values: 3 to 5. Of
        the lowest layer, and of the joint stage. Held-out losses are of no step; with walks, the
        last weights are kept.

    contraction : float, default=0.0
        Weight of the contractive penalty. The penalty is the squared norm of the derivative of the
        code with respect to the input; with corruption, of the corrupted one. Usual values: 0.01 to
        1, with corruption none. Reported losses are without penalties; with one, the last weights
        are kept.

    sparsity : float, default=0.0
        Weight of the sparsity penalty. The penalty is the divergence of each unit's mean activation
        in a batch from ``sparsity_target``, for sigmoid units. Usual values: 0.1 to 10.

    sparsity_target : float, default=0.05
        Mean activation that the sparsity penalty asks for. Usual values: 0.01 to 0.2.

    scaling : {"as-is", "bytes", "standardise", "unit"}, default=None
        Scaling of the columns. None: bytes are divided by 255, data in [0, 1] are left as they are,
        all else is standardised.

    epochs : int, default=None
        Epochs: passes over the training data, for each layer. None: 15, or as many as 10,000 steps
        take, at most 1,000. 0 before fine-tuning: no pretraining, the initial weights are kept.

    batch : int, default=20
        Rows in a batch. Usual values: 20 to 256.

    optimizer : str, default=None
        Optimizer. None: sgd for cross-entropy, whose gradient is bounded; else adam.

    rate : float, default=None
        Learning rate. None: 0.1 for sgd, 0.001 for adam. Usual values: 0.0001 to 0.5.

    schedule : str, default="constant"
        Learning rate over the epochs. ``inverse:E``: half after E epochs; ``step:E:F``: times F
        every E epochs; ``cosine``: down to 0; ``one-cycle``: up, then down to 0.

    l2 : float, default=0.0
        L2 penalty on weights. Usual values: 0 to 0.001.

    l1 : float, default=0.0
        L1 penalty on weights. Usual values: 0 to 0.001.

    clip : float, default=None
        Largest norm of a gradient. Larger gradients are scaled down to it. Usual values: 1 to 10.

    patience : int, default=None
        Stop after so many epochs without a lower held-out loss. Usual values: 5 to 20.

    precision : {"f32", "bf16"}, default="f32"
        Precision of the matrix products in training. bf16 has a relative error of 0.4 %. It is
        faster on Intel processors with AMX and on AMD processors with AVX-512 BF16, and not on
        others.

    valid : int or str, default=None
        Number of training rows to hold out, to choose the best epoch on. They are drawn at random,
        of each class in proportion. Benchmarks hold out the last rows, as ``last:N`` does: so do
        folders, and files with classes of their own. None: a tenth, at most 10,000.

    image_shape : tuple of two int, default=None
        Height and width, where rows are images: for ``plot_filters``, and kept in the file.

    random_state : int, RandomState instance or None, default=None
        Seed of initial weights, order of rows and noise. An int is the seed that the command calls
        ``--seed``, and gives the same bits for any number of threads.

    n_jobs : int, default=None
        Number of threads. None and -1: one for each core (None: as many as ``OMP_NUM_THREADS``
        says).

    verbose : int, default=0
        Whether progress is shown: by tqdm where it is installed, else in lines.

    callback : callable, default=None
        ``callback(epoch, history)`` after each epoch; training stops when it returns True.
    """

    @suggesting
    def __init__(
        self,
        n_hidden=500,
        *,
        corruption="masking:0.25",
        tied=True,
        activation="sigmoid",
        initial_bias=0.0,
        loss=None,
        decoder=None,
        emphasis="none",
        walkback=0,
        contraction=0.0,
        sparsity=0.0,
        sparsity_target=0.05,
        scaling=None,
        epochs=None,
        batch=20,
        optimizer=None,
        rate=None,
        schedule="constant",
        l2=0.0,
        l1=0.0,
        clip=None,
        patience=None,
        precision="f32",
        valid=None,
        image_shape=None,
        random_state=None,
        n_jobs=None,
        verbose=0,
        callback=None,
    ):
        self.n_hidden = n_hidden
        self.corruption = corruption
        self.tied = tied
        self.activation = activation
        self.initial_bias = initial_bias
        self.loss = loss
        self.decoder = decoder
        self.emphasis = emphasis
        self.walkback = walkback
        self.contraction = contraction
        self.sparsity = sparsity
        self.sparsity_target = sparsity_target
        self.scaling = scaling
        self.epochs = epochs
        self.batch = batch
        self.optimizer = optimizer
        self.rate = rate
        self.schedule = schedule
        self.l2 = l2
        self.l1 = l1
        self.clip = clip
        self.patience = patience
        self.precision = precision
        self.valid = valid
        self.image_shape = image_shape
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callback = callback


class MachineParameters:
    """Parameters
    ----------
    n_hidden : int, default=500
        Hidden units. The length of a code. Usual values: 16 to 64 for tables, 100 to 2000 for
        images.

    steps : int, default=1
        Gibbs steps in each update (CD-k). Usual values: 1 to 10.

    persistent : bool, default=False
        Persistent chains (PCD). Chains continue where the update before left them; else each starts
        at its example.

    n_chains : int, default=None
        Number of persistent chains. Usual values: 20 to 100. None: 100 with persistent chains.

    scaling : {"as-is", "bytes", "standardise", "unit"}, default="unit"
        Encoding of the columns into [0, 1]; probabilities are learned. Data that are in [0, 1] as a
        whole may better be left ``"as-is"``.

    epochs : int, default=None
        Epochs: passes over the training data, for each layer. None: 15, or as many as 10,000 steps
        take, at most 1,000. 0 before fine-tuning: no pretraining, the initial weights are kept.

    batch : int, default=20
        Rows in a batch. Usual values: 20 to 256.

    optimizer : str, default=None
        Optimizer. None: sgd for cross-entropy, whose gradient is bounded; else adam.

    rate : float, default=None
        Learning rate. None: 0.1 for sgd, 0.001 for adam. Usual values: 0.0001 to 0.5.

    schedule : str, default="constant"
        Learning rate over the epochs. ``inverse:E``: half after E epochs; ``step:E:F``: times F
        every E epochs; ``cosine``: down to 0; ``one-cycle``: up, then down to 0.

    l2 : float, default=0.0
        L2 penalty on weights. Usual values: 0 to 0.001.

    l1 : float, default=0.0
        L1 penalty on weights. Usual values: 0 to 0.001.

    clip : float, default=None
        Largest norm of a gradient. Larger gradients are scaled down to it. Usual values: 1 to 10.

    precision : {"f32", "bf16"}, default="f32"
        Precision of the matrix products in training. bf16 has a relative error of 0.4 %. It is
        faster on Intel processors with AMX and on AMD processors with AVX-512 BF16, and not on
        others.

    valid : int or str, default=None
        Number of training rows to hold out, to choose the best epoch on. They are drawn at random,
        of each class in proportion. Benchmarks hold out the last rows, as ``last:N`` does: so do
        folders, and files with classes of their own. None: a tenth, at most 10,000.

    image_shape : tuple of two int, default=None
        Height and width, where rows are images: for ``plot_filters``, and kept in the file.

    random_state : int, RandomState instance or None, default=None
        Seed of initial weights, order of rows and noise. An int is the seed that the command calls
        ``--seed``, and gives the same bits for any number of threads.

    n_jobs : int, default=None
        Number of threads. None and -1: one for each core (None: as many as ``OMP_NUM_THREADS``
        says).

    verbose : int, default=0
        Whether progress is shown: by tqdm where it is installed, else in lines.

    callback : callable, default=None
        ``callback(epoch, history)`` after each epoch; training stops when it returns True.
    """

    @suggesting
    def __init__(
        self,
        n_hidden=500,
        *,
        steps=1,
        persistent=False,
        n_chains=None,
        scaling="unit",
        epochs=None,
        batch=20,
        optimizer=None,
        rate=None,
        schedule="constant",
        l2=0.0,
        l1=0.0,
        clip=None,
        precision="f32",
        valid=None,
        image_shape=None,
        random_state=None,
        n_jobs=None,
        verbose=0,
        callback=None,
    ):
        self.n_hidden = n_hidden
        self.steps = steps
        self.persistent = persistent
        self.n_chains = n_chains
        self.scaling = scaling
        self.epochs = epochs
        self.batch = batch
        self.optimizer = optimizer
        self.rate = rate
        self.schedule = schedule
        self.l2 = l2
        self.l1 = l1
        self.clip = clip
        self.precision = precision
        self.valid = valid
        self.image_shape = image_shape
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callback = callback


class MarginalizedParameters:
    """Parameters
    ----------
    n_layers : int, default=1
        Number of layers, each with as many hidden units as inputs.

    layer : int, default=-1
        The layer whose codes ``transform`` returns: 1 is the lowest, -1 the topmost. It may be
        changed without fitting again.

    corruption : str or sequence of str, default="bernoulli:0.5"
        The noise that is undone: ``bernoulli:P``, each input masked with probability P from 0 to
        below 1. Usual values: 0.1 to 0.9. One for all layers, or one for each.

    ridge : float, default=1e-5
        Ridge of a marginalized layer. What is added to the diagonal of the system that is solved,
        as a share of its mean. Usual values: 1e-6 to 1e-2.

    scaling : {"as-is", "bytes", "standardise", "unit"}, default=None
        Scaling of the columns. None: bytes are divided by 255, data in [0, 1] are left as they are,
        all else is standardised.

    valid : int or str, default=None
        Number of training rows to hold out, to choose the best epoch on. They are drawn at random,
        of each class in proportion. Benchmarks hold out the last rows, as ``last:N`` does: so do
        folders, and files with classes of their own. None: a tenth, at most 10,000.

    image_shape : tuple of two int, default=None
        Height and width, where rows are images: for ``plot_filters``, and kept in the file.

    n_jobs : int, default=None
        Number of threads. None and -1: one for each core (None: as many as ``OMP_NUM_THREADS``
        says).

    verbose : int, default=0
        Whether progress is shown: by tqdm where it is installed, else in lines.

    callback : callable, default=None
        ``callback(epoch, history)`` after each epoch; training stops when it returns True.
    """

    @suggesting
    def __init__(
        self,
        n_layers=1,
        *,
        layer=-1,
        corruption="bernoulli:0.5",
        ridge=1e-5,
        scaling=None,
        valid=None,
        image_shape=None,
        n_jobs=None,
        verbose=0,
        callback=None,
    ):
        self.n_layers = n_layers
        self.layer = layer
        self.corruption = corruption
        self.ridge = ridge
        self.scaling = scaling
        self.valid = valid
        self.image_shape = image_shape
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callback = callback


class StackParameters:
    """Parameters
    ----------
    n_hidden : int or sequence of int, default=(500, 500, 500)
        Hidden units of each layer, lowest first. Usual values: 16 to 64 for tables, 100 to 2000 for
        images.

    layer : int, default=-1
        The layer whose codes ``transform`` returns: 1 is the lowest, -1 the topmost. It may be
        changed without fitting again.

    corruption : str or sequence of str, default="masking:0.25"
        Corruption of the input in training. ``none``; ``masking``, ``bernoulli``,
        ``salt-and-pepper``, ``salt``, ``flip`` or ``swap`` with a fraction of the components (usual
        values 0.1 to 0.5); ``gaussian`` or ``speckle`` with a standard deviation (usual values 0.1
        to 0.5); several joined by ``+``. An amount may be drawn for each example
        (``masking:0.1..0.5``) or annealed over the epochs (``masking:0.5to0.1``). One for all
        layers, or one for each.

    tied : bool, default=True
        The decoder's weights are the encoder's, transposed.

    activation : {"sigmoid", "tanh", "relu", "softplus", "identity"}, default="sigmoid"
        Activation of the hidden units.

    initial_bias : float, default=0.0
        Initial hidden biases. Usual values: 0, or -2 for sparse codes, from which layers above and
        classifiers often learn more.

    loss : {"squared-error", "cross-entropy", "poisson"}, default=None
        Reconstruction loss. None: cross-entropy for data that are scaled to [0, 1], else squared
        error. Of the lowest layer; above it the loss follows from the codes.

    decoder : {"sigmoid", "tanh", "relu", "softplus", "identity"}, default=None
        Decoder activation. None: sigmoid for cross-entropy, identity for squared error. Of the
        lowest layer.

    emphasis : str, default="none"
        Weights of corrupted and of untouched components in the loss. ``none``: all weigh 1;
        ``double``: 1 and 0.5; ``full``: 1 and 0; or two numbers from 0, such as ``1,0.2``.

    walkback : int, default=0
        Most steps of walks from an example in training. Before a batch is learned from, it takes 0
        to this many steps of the model's own chain: corrupt, reconstruct, draw. What is learned is
        to come back to the clean examples, for samples drawn by chains. Usual values: 3 to 5. Of
        the lowest layer, and of the joint stage. Held-out losses are of no step; with walks, the
        last weights are kept.

    contraction : float, default=0.0
        Weight of the contractive penalty. The penalty is the squared norm of the derivative of the
        code with respect to the input; with corruption, of the corrupted one. Usual values: 0.01 to
        1, with corruption none. Reported losses are without penalties; with one, the last weights
        are kept.

    sparsity : float, default=0.0
        Weight of the sparsity penalty. The penalty is the divergence of each unit's mean activation
        in a batch from ``sparsity_target``, for sigmoid units. Usual values: 0.1 to 10.

    sparsity_target : float, default=0.05
        Mean activation that the sparsity penalty asks for. Usual values: 0.01 to 0.2.

    joint_epochs : int, default=None
        Epochs in which all layers are trained together, after each was trained alone. None: no such
        stage.

    scaling : {"as-is", "bytes", "standardise", "unit"}, default=None
        Scaling of the columns. None: bytes are divided by 255, data in [0, 1] are left as they are,
        all else is standardised.

    epochs : int, default=None
        Epochs: passes over the training data, for each layer. None: 15, or as many as 10,000 steps
        take, at most 1,000. 0 before fine-tuning: no pretraining, the initial weights are kept.

    batch : int, default=20
        Rows in a batch. Usual values: 20 to 256.

    optimizer : str, default=None
        Optimizer. None: sgd for cross-entropy, whose gradient is bounded; else adam.

    rate : float, default=None
        Learning rate. None: 0.1 for sgd, 0.001 for adam. Usual values: 0.0001 to 0.5.

    schedule : str, default="constant"
        Learning rate over the epochs. ``inverse:E``: half after E epochs; ``step:E:F``: times F
        every E epochs; ``cosine``: down to 0; ``one-cycle``: up, then down to 0.

    l2 : float, default=0.0
        L2 penalty on weights. Usual values: 0 to 0.001.

    l1 : float, default=0.0
        L1 penalty on weights. Usual values: 0 to 0.001.

    clip : float, default=None
        Largest norm of a gradient. Larger gradients are scaled down to it. Usual values: 1 to 10.

    patience : int, default=None
        Stop after so many epochs without a lower held-out loss. Usual values: 5 to 20.

    precision : {"f32", "bf16"}, default="f32"
        Precision of the matrix products in training. bf16 has a relative error of 0.4 %. It is
        faster on Intel processors with AMX and on AMD processors with AVX-512 BF16, and not on
        others.

    valid : int or str, default=None
        Number of training rows to hold out, to choose the best epoch on. They are drawn at random,
        of each class in proportion. Benchmarks hold out the last rows, as ``last:N`` does: so do
        folders, and files with classes of their own. None: a tenth, at most 10,000.

    image_shape : tuple of two int, default=None
        Height and width, where rows are images: for ``plot_filters``, and kept in the file.

    random_state : int, RandomState instance or None, default=None
        Seed of initial weights, order of rows and noise. An int is the seed that the command calls
        ``--seed``, and gives the same bits for any number of threads.

    n_jobs : int, default=None
        Number of threads. None and -1: one for each core (None: as many as ``OMP_NUM_THREADS``
        says).

    verbose : int, default=0
        Whether progress is shown: by tqdm where it is installed, else in lines.

    callback : callable, default=None
        ``callback(epoch, history)`` after each epoch; training stops when it returns True.
    """

    @suggesting
    def __init__(
        self,
        n_hidden=(500, 500, 500),
        *,
        layer=-1,
        corruption="masking:0.25",
        tied=True,
        activation="sigmoid",
        initial_bias=0.0,
        loss=None,
        decoder=None,
        emphasis="none",
        walkback=0,
        contraction=0.0,
        sparsity=0.0,
        sparsity_target=0.05,
        joint_epochs=None,
        scaling=None,
        epochs=None,
        batch=20,
        optimizer=None,
        rate=None,
        schedule="constant",
        l2=0.0,
        l1=0.0,
        clip=None,
        patience=None,
        precision="f32",
        valid=None,
        image_shape=None,
        random_state=None,
        n_jobs=None,
        verbose=0,
        callback=None,
    ):
        self.n_hidden = n_hidden
        self.layer = layer
        self.corruption = corruption
        self.tied = tied
        self.activation = activation
        self.initial_bias = initial_bias
        self.loss = loss
        self.decoder = decoder
        self.emphasis = emphasis
        self.walkback = walkback
        self.contraction = contraction
        self.sparsity = sparsity
        self.sparsity_target = sparsity_target
        self.joint_epochs = joint_epochs
        self.scaling = scaling
        self.epochs = epochs
        self.batch = batch
        self.optimizer = optimizer
        self.rate = rate
        self.schedule = schedule
        self.l2 = l2
        self.l1 = l1
        self.clip = clip
        self.patience = patience
        self.precision = precision
        self.valid = valid
        self.image_shape = image_shape
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callback = callback


class RegressorParameters:
    """Parameters
    ----------
    n_hidden : int or sequence of int, default=(500, 500, 500)
        Hidden units of each layer, lowest first. Usual values: 16 to 64 for tables, 100 to 2000 for
        images.

    corruption : str or sequence of str, default="masking:0.25"
        Corruption of the input in training. ``none``; ``masking``, ``bernoulli``,
        ``salt-and-pepper``, ``salt``, ``flip`` or ``swap`` with a fraction of the components (usual
        values 0.1 to 0.5); ``gaussian`` or ``speckle`` with a standard deviation (usual values 0.1
        to 0.5); several joined by ``+``. An amount may be drawn for each example
        (``masking:0.1..0.5``) or annealed over the epochs (``masking:0.5to0.1``). One for all
        layers, or one for each.

    tied : bool, default=True
        The decoder's weights are the encoder's, transposed.

    activation : {"sigmoid", "tanh", "relu", "softplus", "identity"}, default="sigmoid"
        Activation of the hidden units.

    initial_bias : float, default=0.0
        Initial hidden biases. Usual values: 0, or -2 for sparse codes, from which layers above and
        classifiers often learn more.

    loss : {"squared-error", "cross-entropy", "poisson"}, default=None
        Reconstruction loss. None: cross-entropy for data that are scaled to [0, 1], else squared
        error. Of the lowest layer; above it the loss follows from the codes.

    decoder : {"sigmoid", "tanh", "relu", "softplus", "identity"}, default=None
        Decoder activation. None: sigmoid for cross-entropy, identity for squared error. Of the
        lowest layer.

    emphasis : str, default="none"
        Weights of corrupted and of untouched components in the loss. ``none``: all weigh 1;
        ``double``: 1 and 0.5; ``full``: 1 and 0; or two numbers from 0, such as ``1,0.2``.

    walkback : int, default=0
        Most steps of walks from an example in training. Before a batch is learned from, it takes 0
        to this many steps of the model's own chain: corrupt, reconstruct, draw. What is learned is
        to come back to the clean examples, for samples drawn by chains. Usual values: 3 to 5. Of
        the lowest layer, and of the joint stage. Held-out losses are of no step; with walks, the
        last weights are kept.

    contraction : float, default=0.0
        Weight of the contractive penalty. The penalty is the squared norm of the derivative of the
        code with respect to the input; with corruption, of the corrupted one. Usual values: 0.01 to
        1, with corruption none. Reported losses are without penalties; with one, the last weights
        are kept.

    sparsity : float, default=0.0
        Weight of the sparsity penalty. The penalty is the divergence of each unit's mean activation
        in a batch from ``sparsity_target``, for sigmoid units. Usual values: 0.1 to 10.

    sparsity_target : float, default=0.05
        Mean activation that the sparsity penalty asks for. Usual values: 0.01 to 0.2.

    joint_epochs : int, default=None
        Epochs in which all layers are trained together, after each was trained alone. None: no such
        stage.

    scaling : {"as-is", "bytes", "standardise", "unit"}, default=None
        Scaling of the columns. None: bytes are divided by 255, data in [0, 1] are left as they are,
        all else is standardised.

    epochs : int, default=None
        Epochs: passes over the training data, for each layer. None: 15, or as many as 10,000 steps
        take, at most 1,000. 0 before fine-tuning: no pretraining, the initial weights are kept.

    batch : int, default=20
        Rows in a batch. Usual values: 20 to 256.

    optimizer : str, default=None
        Optimizer. None: sgd for cross-entropy, whose gradient is bounded; else adam.

    rate : float, default=None
        Learning rate. None: 0.1 for sgd, 0.001 for adam. Usual values: 0.0001 to 0.5.

    schedule : str, default="constant"
        Learning rate over the epochs. ``inverse:E``: half after E epochs; ``step:E:F``: times F
        every E epochs; ``cosine``: down to 0; ``one-cycle``: up, then down to 0.

    l2 : float, default=0.0
        L2 penalty on weights. Usual values: 0 to 0.001.

    l1 : float, default=0.0
        L1 penalty on weights. Usual values: 0 to 0.001.

    clip : float, default=None
        Largest norm of a gradient. Larger gradients are scaled down to it. Usual values: 1 to 10.

    patience : int, default=None
        Stop after so many epochs without a lower held-out loss. Usual values: 5 to 20.

    precision : {"f32", "bf16"}, default="f32"
        Precision of the matrix products in training. bf16 has a relative error of 0.4 %. It is
        faster on Intel processors with AMX and on AMD processors with AVX-512 BF16, and not on
        others.

    dropout : float, default=0.0
        Probability that a hidden unit is dropped in fine-tuning. Usual values: 0 to 0.5.

    tune_epochs : int, default=None
        Most epochs. Of fine-tuning. None: 100, and patience 10.

    tune_batch : int, default=20
        Rows in a batch. Of fine-tuning.

    tune_optimizer : str, default=None
        Optimizer, as in pretraining. Of fine-tuning. None: sgd for classes, adam for numbers.

    tune_rate : float, default=None
        Learning rate. Of fine-tuning. None: by the optimizer.

    tune_l2 : float, default=0.0
        L2 penalty on weights. Of fine-tuning.

    tune_patience : int, default=None
        Stop after so many epochs without a lower held-out error. Of fine-tuning.

    valid : int or str, default=None
        Number of training rows to hold out, to choose the best epoch on. They are drawn at random,
        of each class in proportion. Benchmarks hold out the last rows, as ``last:N`` does: so do
        folders, and files with classes of their own. None: a tenth, at most 10,000.

    image_shape : tuple of two int, default=None
        Height and width, where rows are images: for ``plot_filters``, and kept in the file.

    random_state : int, RandomState instance or None, default=None
        Seed of initial weights, order of rows and noise. An int is the seed that the command calls
        ``--seed``, and gives the same bits for any number of threads.

    n_jobs : int, default=None
        Number of threads. None and -1: one for each core (None: as many as ``OMP_NUM_THREADS``
        says).

    verbose : int, default=0
        Whether progress is shown: by tqdm where it is installed, else in lines.

    callback : callable, default=None
        ``callback(epoch, history)`` after each epoch; training stops when it returns True.
    """

    @suggesting
    def __init__(
        self,
        n_hidden=(500, 500, 500),
        *,
        corruption="masking:0.25",
        tied=True,
        activation="sigmoid",
        initial_bias=0.0,
        loss=None,
        decoder=None,
        emphasis="none",
        walkback=0,
        contraction=0.0,
        sparsity=0.0,
        sparsity_target=0.05,
        joint_epochs=None,
        scaling=None,
        epochs=None,
        batch=20,
        optimizer=None,
        rate=None,
        schedule="constant",
        l2=0.0,
        l1=0.0,
        clip=None,
        patience=None,
        precision="f32",
        dropout=0.0,
        tune_epochs=None,
        tune_batch=20,
        tune_optimizer=None,
        tune_rate=None,
        tune_l2=0.0,
        tune_patience=None,
        valid=None,
        image_shape=None,
        random_state=None,
        n_jobs=None,
        verbose=0,
        callback=None,
    ):
        self.n_hidden = n_hidden
        self.corruption = corruption
        self.tied = tied
        self.activation = activation
        self.initial_bias = initial_bias
        self.loss = loss
        self.decoder = decoder
        self.emphasis = emphasis
        self.walkback = walkback
        self.contraction = contraction
        self.sparsity = sparsity
        self.sparsity_target = sparsity_target
        self.joint_epochs = joint_epochs
        self.scaling = scaling
        self.epochs = epochs
        self.batch = batch
        self.optimizer = optimizer
        self.rate = rate
        self.schedule = schedule
        self.l2 = l2
        self.l1 = l1
        self.clip = clip
        self.patience = patience
        self.precision = precision
        self.dropout = dropout
        self.tune_epochs = tune_epochs
        self.tune_batch = tune_batch
        self.tune_optimizer = tune_optimizer
        self.tune_rate = tune_rate
        self.tune_l2 = tune_l2
        self.tune_patience = tune_patience
        self.valid = valid
        self.image_shape = image_shape
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callback = callback


class ClassifierParameters:
    """Parameters
    ----------
    n_hidden : int or sequence of int, default=(500, 500, 500)
        Hidden units of each layer, lowest first. Usual values: 16 to 64 for tables, 100 to 2000 for
        images.

    corruption : str or sequence of str, default="masking:0.25"
        Corruption of the input in training. ``none``; ``masking``, ``bernoulli``,
        ``salt-and-pepper``, ``salt``, ``flip`` or ``swap`` with a fraction of the components (usual
        values 0.1 to 0.5); ``gaussian`` or ``speckle`` with a standard deviation (usual values 0.1
        to 0.5); several joined by ``+``. An amount may be drawn for each example
        (``masking:0.1..0.5``) or annealed over the epochs (``masking:0.5to0.1``). One for all
        layers, or one for each.

    tied : bool, default=True
        The decoder's weights are the encoder's, transposed.

    activation : {"sigmoid", "tanh", "relu", "softplus", "identity"}, default="sigmoid"
        Activation of the hidden units.

    initial_bias : float, default=0.0
        Initial hidden biases. Usual values: 0, or -2 for sparse codes, from which layers above and
        classifiers often learn more.

    loss : {"squared-error", "cross-entropy", "poisson"}, default=None
        Reconstruction loss. None: cross-entropy for data that are scaled to [0, 1], else squared
        error. Of the lowest layer; above it the loss follows from the codes.

    decoder : {"sigmoid", "tanh", "relu", "softplus", "identity"}, default=None
        Decoder activation. None: sigmoid for cross-entropy, identity for squared error. Of the
        lowest layer.

    emphasis : str, default="none"
        Weights of corrupted and of untouched components in the loss. ``none``: all weigh 1;
        ``double``: 1 and 0.5; ``full``: 1 and 0; or two numbers from 0, such as ``1,0.2``.

    walkback : int, default=0
        Most steps of walks from an example in training. Before a batch is learned from, it takes 0
        to this many steps of the model's own chain: corrupt, reconstruct, draw. What is learned is
        to come back to the clean examples, for samples drawn by chains. Usual values: 3 to 5. Of
        the lowest layer, and of the joint stage. Held-out losses are of no step; with walks, the
        last weights are kept.

    contraction : float, default=0.0
        Weight of the contractive penalty. The penalty is the squared norm of the derivative of the
        code with respect to the input; with corruption, of the corrupted one. Usual values: 0.01 to
        1, with corruption none. Reported losses are without penalties; with one, the last weights
        are kept.

    sparsity : float, default=0.0
        Weight of the sparsity penalty. The penalty is the divergence of each unit's mean activation
        in a batch from ``sparsity_target``, for sigmoid units. Usual values: 0.1 to 10.

    sparsity_target : float, default=0.05
        Mean activation that the sparsity penalty asks for. Usual values: 0.01 to 0.2.

    joint_epochs : int, default=None
        Epochs in which all layers are trained together, after each was trained alone. None: no such
        stage.

    scaling : {"as-is", "bytes", "standardise", "unit"}, default=None
        Scaling of the columns. None: bytes are divided by 255, data in [0, 1] are left as they are,
        all else is standardised.

    epochs : int, default=None
        Epochs: passes over the training data, for each layer. None: 15, or as many as 10,000 steps
        take, at most 1,000. 0 before fine-tuning: no pretraining, the initial weights are kept.

    batch : int, default=20
        Rows in a batch. Usual values: 20 to 256.

    optimizer : str, default=None
        Optimizer. None: sgd for cross-entropy, whose gradient is bounded; else adam.

    rate : float, default=None
        Learning rate. None: 0.1 for sgd, 0.001 for adam. Usual values: 0.0001 to 0.5.

    schedule : str, default="constant"
        Learning rate over the epochs. ``inverse:E``: half after E epochs; ``step:E:F``: times F
        every E epochs; ``cosine``: down to 0; ``one-cycle``: up, then down to 0.

    l2 : float, default=0.0
        L2 penalty on weights. Usual values: 0 to 0.001.

    l1 : float, default=0.0
        L1 penalty on weights. Usual values: 0 to 0.001.

    clip : float, default=None
        Largest norm of a gradient. Larger gradients are scaled down to it. Usual values: 1 to 10.

    patience : int, default=None
        Stop after so many epochs without a lower held-out loss. Usual values: 5 to 20.

    precision : {"f32", "bf16"}, default="f32"
        Precision of the matrix products in training. bf16 has a relative error of 0.4 %. It is
        faster on Intel processors with AMX and on AMD processors with AVX-512 BF16, and not on
        others.

    dropout : float, default=0.0
        Probability that a hidden unit is dropped in fine-tuning. Usual values: 0 to 0.5.

    tune_epochs : int, default=None
        Most epochs. Of fine-tuning. None: 100, and patience 10.

    tune_batch : int, default=20
        Rows in a batch. Of fine-tuning.

    tune_optimizer : str, default=None
        Optimizer, as in pretraining. Of fine-tuning. None: sgd for classes, adam for numbers.

    tune_rate : float, default=None
        Learning rate. Of fine-tuning. None: by the optimizer.

    tune_l2 : float, default=0.0
        L2 penalty on weights. Of fine-tuning.

    tune_patience : int, default=None
        Stop after so many epochs without a lower held-out error. Of fine-tuning.

    class_weight : dict or "balanced", default=None
        How much rows of each class count in the loss and in the error of held-out rows.
        ``"balanced"``: as much as those of any other class together. None: as the ``sample_weight``
        of ``fit`` says.

    valid : int or str, default=None
        Number of training rows to hold out, to choose the best epoch on. They are drawn at random,
        of each class in proportion. Benchmarks hold out the last rows, as ``last:N`` does: so do
        folders, and files with classes of their own. None: a tenth, at most 10,000.

    image_shape : tuple of two int, default=None
        Height and width, where rows are images: for ``plot_filters``, and kept in the file.

    random_state : int, RandomState instance or None, default=None
        Seed of initial weights, order of rows and noise. An int is the seed that the command calls
        ``--seed``, and gives the same bits for any number of threads.

    n_jobs : int, default=None
        Number of threads. None and -1: one for each core (None: as many as ``OMP_NUM_THREADS``
        says).

    verbose : int, default=0
        Whether progress is shown: by tqdm where it is installed, else in lines.

    callback : callable, default=None
        ``callback(epoch, history)`` after each epoch; training stops when it returns True.
    """

    @suggesting
    def __init__(
        self,
        n_hidden=(500, 500, 500),
        *,
        corruption="masking:0.25",
        tied=True,
        activation="sigmoid",
        initial_bias=0.0,
        loss=None,
        decoder=None,
        emphasis="none",
        walkback=0,
        contraction=0.0,
        sparsity=0.0,
        sparsity_target=0.05,
        joint_epochs=None,
        scaling=None,
        epochs=None,
        batch=20,
        optimizer=None,
        rate=None,
        schedule="constant",
        l2=0.0,
        l1=0.0,
        clip=None,
        patience=None,
        precision="f32",
        dropout=0.0,
        tune_epochs=None,
        tune_batch=20,
        tune_optimizer=None,
        tune_rate=None,
        tune_l2=0.0,
        tune_patience=None,
        class_weight=None,
        valid=None,
        image_shape=None,
        random_state=None,
        n_jobs=None,
        verbose=0,
        callback=None,
    ):
        self.n_hidden = n_hidden
        self.corruption = corruption
        self.tied = tied
        self.activation = activation
        self.initial_bias = initial_bias
        self.loss = loss
        self.decoder = decoder
        self.emphasis = emphasis
        self.walkback = walkback
        self.contraction = contraction
        self.sparsity = sparsity
        self.sparsity_target = sparsity_target
        self.joint_epochs = joint_epochs
        self.scaling = scaling
        self.epochs = epochs
        self.batch = batch
        self.optimizer = optimizer
        self.rate = rate
        self.schedule = schedule
        self.l2 = l2
        self.l1 = l1
        self.clip = clip
        self.patience = patience
        self.precision = precision
        self.dropout = dropout
        self.tune_epochs = tune_epochs
        self.tune_batch = tune_batch
        self.tune_optimizer = tune_optimizer
        self.tune_rate = tune_rate
        self.tune_l2 = tune_l2
        self.tune_patience = tune_patience
        self.class_weight = class_weight
        self.valid = valid
        self.image_shape = image_shape
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callback = callback
