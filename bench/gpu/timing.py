"""What the comparisons with PyTorch share: what they ran on, recording work as a CUDA graph, and medians of times."""
import statistics
import subprocess
import time

import torch

WARM_UPS = 3


def header():
    """A line that names the GPU, the driver and the versions."""
    driver = subprocess.run(["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"],
                            capture_output=True, text=True, check=True).stdout.strip()
    return f"GPU and driver: {driver}; PyTorch {torch.__version__}, cuDNN {torch.backends.cudnn.version()}"


def use_one_stream():
    """From here on all work goes to one stream, which can be captured: autograd runs a backward on its forward's stream."""
    torch.cuda.set_stream(torch.cuda.Stream())


def capturable_stream():
    """The current stream, or a new one where that is the default stream, which cannot be captured."""
    current = torch.cuda.current_stream()
    return torch.cuda.Stream() if current == torch.cuda.default_stream() else current


def warm_up(run):
    """Runs outside the default stream, as PyTorch asks for before a capture; kernels are chosen and compiled here."""
    stream = capturable_stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(WARM_UPS):
            run()
    torch.cuda.current_stream().wait_stream(stream)
    torch.cuda.synchronize()


def recorded(run):
    """A function that replays run, warmed up before, as a CUDA graph."""
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=capturable_stream()):
        run()
    torch.cuda.synchronize()
    return graph.replay


def replayable(run):
    """run, warmed up, as a CUDA graph where it can be captured, else as it is; and whether it is a graph."""
    warm_up(run)
    try:
        return recorded(run), True
    except RuntimeError:
        torch.cuda.synchronize()
        return run, False


def event_time(run):
    """Median milliseconds of single replays between two events, over at least 200 ms."""
    replay, _ = replayable(run)
    for _ in range(WARM_UPS):
        replay()
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    times, spent = [], 0.0
    while len(times) < 5 or spent < 200:
        begin.record()
        replay()
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end))
        spent += times[-1]
    return statistics.median(times)


def milliseconds(replay, runs):
    """Of one of so many runs, queued without waiting in between."""
    torch.cuda.synchronize()
    begin = time.perf_counter()
    for _ in range(runs):
        replay()
    torch.cuda.synchronize()
    return (time.perf_counter() - begin) * 1e3 / runs


def rounds_time(replay, rounds=5, round_ms=200.0):
    """Median milliseconds of a run in rounds of runs, each of at least round_ms between synchronisations."""
    milliseconds(replay, 1)
    runs = 1
    one = milliseconds(replay, runs)
    while runs * one < round_ms:
        runs = max(2 * runs, int(1.1 * round_ms / one) + 1)
        one = milliseconds(replay, runs)
    return statistics.median(milliseconds(replay, runs) for _ in range(rounds))
