"""A server: circuits come as lines of JSON, run beside the event loop, and are answered or refused."""

import asyncio
import json
from asyncio import StreamReader, StreamWriter
from typing import Any

from ketsim import Circuit, DeadlineExceeded, Error


async def answer(line: bytes) -> dict[str, Any]:
    """Counts of one request, or what was wrong with it."""
    try:
        request = json.loads(line)
        circuit = Circuit(request["qubits"]).apply_gates(map(tuple, request["gates"]))
        result = await circuit.run_async(shots=request["shots"], seed=request["seed"], timeout_ms=100)
    except DeadlineExceeded:
        return {"error": "takes longer than 100 ms"}
    except (Error, ValueError, KeyError, TypeError) as error:
        return {"error": f"{type(error).__name__}: {error}"}
    return {"counts": result.counts}


async def serve(reader: StreamReader, writer: StreamWriter) -> None:
    """Answer each line of one connection."""
    while line := await reader.readline():
        writer.write(json.dumps(await answer(line)).encode() + b"\n")
        await writer.drain()
    writer.close()


async def ask(port: int, qubits: int, gates: list[Any]) -> dict[str, Any]:
    """What a client does."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = {"qubits": qubits, "gates": gates, "shots": 1000, "seed": 7}
    writer.write(json.dumps(request).encode() + b"\n")
    reply: dict[str, Any] = json.loads(await reader.readline())
    writer.close()
    return reply


async def main() -> None:
    """Four clients at once: two are answered, one asks for too much, one for what there is not."""
    layer = [*(("RX", 0.1 + q, q) for q in range(22)), *(("CNOT", q, (q + 1) % 22) for q in range(22))]
    ladder = [("H", 0), *(("CNOT", q, q + 1) for q in range(15))]
    async with await asyncio.start_server(serve, "127.0.0.1", 0, limit=2**20) as server:
        port = server.sockets[0].getsockname()[1]
        replies = await asyncio.gather(
            ask(port, 2, [("H", 0), ("CNOT", 0, 1)]),
            ask(port, 22, layer * 100),
            ask(port, 3, [("X", 7)]),
            ask(port, 16, ladder),
        )
    for reply in replies:
        print(reply)
    assert [set(reply) for reply in replies] == [{"counts"}, {"error"}, {"error"}, {"counts"}]
    assert set(replies[3]["counts"]) == {"0" * 16, "1" * 16}


if __name__ == "__main__":
    asyncio.run(main())
