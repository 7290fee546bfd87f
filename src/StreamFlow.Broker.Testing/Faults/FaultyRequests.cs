namespace StreamFlow.Broker.Testing;

/// <summary>Stands in front of a broker's handlers and does to their requests what was scripted.</summary>
/// <param name="next">The handlers.</param>
/// <param name="plan">The script.</param>
/// <param name="life">The broker's life: nobody hears anything more of one that has died.</param>
/// <param name="nameOf">The name of a topic by its id.</param>
internal sealed class FaultyRequests(RequestDispatch next, BrokerFaultPlan plan, BrokerLife life, Func<Guid, string?> nameOf)
{
    /// <summary>Why a connection is closed.</summary>
    private const string Scripted = "a test has scripted it";

    public ValueTask<WireWriter?> DispatchAsync(Memory<byte> frame, ConnectionContext connection, out RequestOrder order)
    {
        if (StruckBy(frame, connection) is not var (fault, request))
        {
            return Heard(next(frame, connection, out order), connection);
        }

        order = RequestOrder.AfterReply;
        switch (fault.Kind)
        {
            case FaultKind.Delay:
                return DelayedAsync(fault, frame.ToArray(), connection);
            case FaultKind.Error when request.Body is not ProduceRequest { Acks: 0 }:
                return Heard(new ValueTask<WireWriter?>(request.Fail(fault.Error)), connection);
            case FaultKind.DropAnswer:
                return UnansweredAsync(next(frame, connection, out _), static () => { });
            default:
                Action end = fault.Kind == FaultKind.Crash ? () => Crash(fault, connection) : () => connection.Close(Scripted, nameof(Scripted));
                if (fault.Moment == FaultMoment.AfterEffect)
                {
                    return UnansweredAsync(next(frame, connection, out _), end);
                }

                end();
                return new ValueTask<WireWriter?>((WireWriter?)null);
        }
    }

    private (BrokerFault Fault, RequestFrame Request)? StruckBy(Memory<byte> frame, ConnectionContext connection)
    {
        bool isBare = connection.Sasl is { ExpectsBareMessage: true };
        if (isBare || frame.Length < sizeof(short) || !plan.Concerns(BinaryPrimitives.ReadInt16BigEndian(frame.Span)))
        {
            return null;
        }

        return RequestFrame.Read(frame) is { } request && plan.Take(request.Describe(nameOf)) is { } fault ? (fault, request) : null;
    }

    private void Crash(BrokerFault fault, ConnectionContext connection)
    {
        life.Die(fault.Crash);
        connection.Close(Scripted, nameof(Scripted));
    }

    private async ValueTask<WireWriter?> DelayedAsync(BrokerFault fault, byte[] frame, ConnectionContext connection)
    {
        // A broker that stops meanwhile answers at once, as it answers all that is parked.
        using CancellationTokenSource ends = CancellationTokenSource.CreateLinkedTokenSource(connection.Stopping, connection.Gone);
        await Task.Delay(fault.By, life.Time, ends.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return await Heard(next(frame, connection, out _), connection).ConfigureAwait(false);
    }

    private static async ValueTask<WireWriter?> UnansweredAsync(ValueTask<WireWriter?> answer, Action end)
    {
        (await answer.ConfigureAwait(false))?.Dispose();
        end();
        return null;
    }

    /// <summary>Lets an answer pass, unless the broker has died meanwhile: what it did since is on no disk.</summary>
    private ValueTask<WireWriter?> Heard(ValueTask<WireWriter?> answer, ConnectionContext connection) =>
        answer.IsCompletedSuccessfully && !life.IsOver ? answer : HeardLaterAsync(answer, connection);

    private async ValueTask<WireWriter?> HeardLaterAsync(ValueTask<WireWriter?> answer, ConnectionContext connection)
    {
        WireWriter? writer = await answer.ConfigureAwait(false);
        if (!life.IsOver)
        {
            return writer;
        }

        writer?.Dispose();
        connection.Close(Scripted, nameof(Scripted));
        return null;
    }
}
