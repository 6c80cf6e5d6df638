"""Recording work as a CUDA graph, and the times of its replays."""
import torch

WARM_UPS = 3


def versions():
    return f"PyTorch {torch.__version__}, CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}"


def use_one_stream():
    """From here on all work goes to one stream, which can be captured: autograd runs a backward on its forward's stream."""
    torch.cuda.set_stream(torch.cuda.Stream())


def recorded(run):
    """A function that replays run as a CUDA graph where it can be captured, else run itself; and whether it is a graph."""
    for _ in range(WARM_UPS):  # kernels are chosen and compiled here
        run()
    torch.cuda.synchronize()
    try:
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=torch.cuda.current_stream()):
            run()
        torch.cuda.synchronize()
        return graph.replay, True
    except RuntimeError:
        torch.cuda.synchronize()
        return run, False


def replays(replay, runs):
    """Mean milliseconds of so many runs between two events."""
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    begin.record()
    for _ in range(runs):
        replay()
    end.record()
    end.synchronize()
    return begin.elapsed_time(end) / runs


def round_time(replay, milliseconds):
    """Mean milliseconds of a run, over a round of about so many milliseconds, or over one run if that is longer."""
    one = replays(replay, 1)
    runs = min(10_000, int(milliseconds / max(one, 1e-3)))
    return one if runs <= 1 else replays(replay, runs)
