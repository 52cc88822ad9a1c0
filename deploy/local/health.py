"""Whether a part of the platform answers: gRPC health of a service, HTTP health of the issuer."""

import http.client

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from deploy.local.ports import LOOPBACK, accepts

TIMEOUT_SECONDS = 1.0
# A proxy of the environment must not be asked about our own machine.
OPTIONS = (("grpc.enable_http_proxy", 0),)


def is_serving(port: int) -> bool:
    """Tell whether the service on a port says that it serves, database and bus included."""
    # A refused gRPC connection backs off for a second; a plain one tells at once.
    if not accepts(port):
        return False
    request = health_pb2.HealthCheckRequest()
    with grpc.insecure_channel(f"{LOOPBACK}:{port}", options=OPTIONS) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(request, timeout=TIMEOUT_SECONDS)
        except grpc.RpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def is_answering(port: int) -> bool:
    """Tell whether the issuer on a port is well."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
