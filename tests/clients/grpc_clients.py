"""Looks at alerts with the gRPC library of Python, as programs of others do: `grpc_clients.py ADDRESS ALERTS`.

Every check that fails ends it with a traceback. The stubs are made of the published .proto files and lie on PYTHONPATH.
"""

import queue
import sys

import grpc
from falco import output_pb2, output_pb2_grpc, outputs_pb2, outputs_pb2_grpc, version_pb2, version_pb2_grpc
from google.protobuf import field_mask_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from saker.alerts.v1 import service_pb2 as pb
from saker.alerts.v1 import service_pb2_grpc

WAIT = 30


def refused(code, call):
    """What a call is refused with."""
    try:
        call()
    except grpc.RpcError as error:
        assert error.code() == code, error
        return error
    raise AssertionError(f"not refused with {code}")


def listed(alerts, **more):
    """The alerts that a subscription gives until now."""
    request = pb.SubscribeRequest(start=pb.Start(earliest=True), until_now=True, **more)
    return [event.alert for event in alerts.Subscribe(request, timeout=WAIT) if event.HasField("alert")]


def subscribing(alerts, expected):
    everything = listed(alerts)
    assert len(everything) == expected, len(everything)
    assert len({one.alert.id for one in everything}) == expected

    rule = everything[0].alert.rule
    wanted = [one.alert.id for one in everything if one.alert.rule == rule]
    assert [one.alert.id for one in listed(alerts, filter=pb.Filter(rules=[rule]))] == wanted
    condition = f'alert.rule = "{rule}"'
    mask = field_mask_pb2.FieldMask(paths=["id", "rule"])
    masked = listed(alerts, filter=pb.Filter(condition=condition), fields=mask)
    assert [one.alert.id for one in masked] == wanted
    assert all(one.alert.rule == rule and not one.alert.message for one in masked)

    half = everything[expected // 2]
    after = pb.SubscribeRequest(start=pb.Start(after=half.cursor), until_now=True)
    rest = [event.alert.alert.id for event in alerts.Subscribe(after, timeout=WAIT) if event.HasField("alert")]
    assert rest == [one.alert.id for one in everything[expected // 2 + 1 :]]

    wrong = pb.SubscribeRequest(filter=pb.Filter(condition="alert.rul = x"))
    error = refused(grpc.StatusCode.INVALID_ARGUMENT, lambda: next(alerts.Subscribe(wrong, timeout=WAIT)))
    assert "alert.rul" in error.details(), error
    return everything


def consuming(alerts, everything):
    asked = queue.Queue()
    asked.put(pb.ConsumeRequest(open=pb.ConsumeRequest.Open(name="python", credits=2)))
    stream = alerts.Consume(iter(asked.get, None), timeout=WAIT)
    given, settled, again = [], 0, set()
    for event in stream:
        if event.HasField("settled"):
            settled += len(event.settled.cursors)
            if settled == len(everything):
                break
        if not event.HasField("alert"):
            continue
        cursors = [event.alert.cursor]
        if not given and not again:
            again.add(event.alert.alert.id)
            asked.put(pb.ConsumeRequest(nack=pb.ConsumeRequest.Nack(cursors=cursors)))
            continue
        assert (event.alert.attempt > 1) == (event.alert.alert.id in again), event.alert
        given.append(event.alert.alert.id)
        asked.put(pb.ConsumeRequest(ack=pb.ConsumeRequest.Settle(cursors=cursors)))
    assert sorted(given) == sorted(one.alert.id for one in everything)
    asked.put(None)
    stream.cancel()
    status = alerts.ServerStatus(pb.ServerStatusRequest(), timeout=WAIT)
    assert [(one.name, one.pending) for one in status.consumers] == [("python", 0)], status


def looking_up(alerts, everything):
    page = alerts.List(pb.ListRequest(page_size=3), timeout=WAIT)
    assert [one.alert.id for one in page.alerts] == [one.alert.id for one in everything[:3]]
    found = alerts.Get(pb.GetRequest(id=everything[1].alert.id), timeout=WAIT)
    assert found.alert.alert == everything[1].alert


def falco(channel, everything):
    outputs = outputs_pb2_grpc.serviceStub(channel)
    got = list(outputs.get(outputs_pb2.request(), timeout=WAIT))
    assert len(got) == len(everything)
    first = everything[0].alert
    assert got[0].rule == first.rule and got[0].output.endswith(first.message)
    assert got[0].priority == first.priority - 1 and got[0].source == "k8s_audit"
    assert got[0].source_deprecated == 1 and got[0].output_fields["saker.cluster"] == first.cluster
    older = output_pb2_grpc.serviceStub(channel)
    assert len(list(older.subscribe(output_pb2.request(), timeout=WAIT))) == len(everything)
    pushed = outputs.sub(iter([outputs_pb2.request()]), timeout=WAIT)
    pushed.initial_metadata()
    pushed.cancel()
    version = version_pb2_grpc.serviceStub(channel).version(version_pb2.request(), timeout=WAIT)
    assert version.version.startswith(f"{version.major}.{version.minor}.{version.patch}"), version


def standard(channel):
    health = health_pb2_grpc.HealthStub(channel)
    for service in ["", "saker.alerts.v1.Alerts", "falco.outputs.service"]:
        answer = health.Check(health_pb2.HealthCheckRequest(service=service), timeout=WAIT)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING, service
    reflection = reflection_pb2_grpc.ServerReflectionStub(channel)
    asked = reflection_pb2.ServerReflectionRequest(list_services="")
    (answer,) = reflection.ServerReflectionInfo(iter([asked]), timeout=WAIT)
    names = {service.name for service in answer.list_services_response.service}
    ours = {"saker.alerts.v1.Alerts", "falco.outputs.service", "falco.output.service", "falco.version.service"}
    assert ours <= names, names


def main(address, expected):
    with grpc.insecure_channel(address) as channel:
        alerts = service_pb2_grpc.AlertsStub(channel)
        everything = subscribing(alerts, expected)
        consuming(alerts, everything)
        looking_up(alerts, everything)
        falco(channel, everything)
        standard(channel)
    print("ok")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
