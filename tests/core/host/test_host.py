"""One record of the host, which work finds wherever it runs."""

import threading
from contextvars import copy_context
from pathlib import Path

import pytest
import torch
from monochromic.core.host.device import on_device
from monochromic.core.host.host import Host, current_host, using_host
from monochromic.core.io.files import search_folders
from torch import nn


def test_by_default_there_is_none():
    host = current_host()
    assert host is current_host()
    assert host == Host(device=host.device)
    assert host.device.type == ("cuda" if torch.cuda.is_available() else "cpu")
    host.progress(1, 2)
    host.free()


def test_hosts_nest_and_keep_what_is_not_named():
    with using_host(output_folder=Path("a"), model_folders=(Path("m"),)) as outer:
        assert current_host() is outer
        assert search_folders()[0] == Path("m")
        with using_host(output_folder=Path("b")):
            assert (current_host().output_folder, current_host().model_folders) == (Path("b"), (Path("m"),))
        assert current_host() is outer
        with using_host(Host(device=torch.device("meta")), output_folder=Path("c")):
            assert (current_host().output_folder, current_host().model_folders) == (Path("c"), ())
    assert current_host().output_folder == Path("output")
    with pytest.raises(TypeError, match="zzz"), using_host(zzz=1):
        pass


def test_an_error_ends_it_too():
    with pytest.raises(ZeroDivisionError), using_host(output_folder=Path("a")):
        raise ZeroDivisionError
    assert current_host().output_folder == Path("output")


def test_other_threads_have_their_own():
    seen = {}

    def note(name):
        seen[name] = current_host().output_folder

    with using_host(output_folder=Path("a")):
        for target, args in ((note, ("plain",)), (copy_context().run, (note, "copy"))):
            thread = threading.Thread(target=target, args=args)
            thread.start()
            thread.join()
    assert seen == {"plain": Path("output"), "copy": Path("a")}


def test_networks_go_where_the_host_brings_them():
    network, asked = nn.Linear(2, 3), []

    def move(*what):
        asked.append((*what, torch.is_inference_mode_enabled()))

    assert on_device(network, "meta") is network
    assert network.weight.device.type == "meta"
    with using_host(move=move), torch.inference_mode():
        assert on_device(network, "cpu", pixels=10) is network
    assert asked == [(network, torch.device("cpu"), 20480, False)]
    assert network.weight.device.type == "meta"
