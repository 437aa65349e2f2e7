"""ClientFileService over a location in memory: it tells what the test has put there."""

from collections.abc import Iterator
from typing import Any

import grpc

from sesam_api.v1 import client_files_pb2 as pb
from sesam_api.v1.client_files_pb2_grpc import ClientFileServiceServicer


class ClientFiles(ClientFileServiceServicer):
    """
    Attributes:
        names: what lies in every directory; two are told at once.
        is_cut: there is more.
        result: of every walk.
    """

    def __init__(self) -> None:
        self.names: list[bytes] = []
        self.is_cut = False
        self.result = pb.WalkResult()

    def ListClientDirectory(self, request: Any, context: grpc.ServicerContext) -> Any:
        first = int(request.page_token or 0)
        last = first + 2
        return pb.ListClientDirectoryResponse(
            entries=[pb.ClientEntry(name=name) for name in self.names[first:last]],
            next_page_token=str(last) if last < len(self.names) else "",
            total=len(self.names),
            is_cut=self.is_cut,
        )

    def TestExcludes(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        yield pb.TestExcludesResponse(result=self.result)
