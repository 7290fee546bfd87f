using Microsoft.Extensions.Logging;
using StreamFlow.Clients;
using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka.Consumers;

/// <summary>A consumer's way out of its group. Callbacks of a last rebalance run while it is served.</summary>
internal sealed class GroupExit(NativeConsumer native, ConsumerRole role, ILogger logger, TimeProvider time)
{
    private const int LeavePollMs = 10;
    private const int ClosePollMs = 100;
    private static readonly TimeSpan LeaveTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Gives the partitions back, leaves the group and ends the consumer.</summary>
    /// <param name="always">Whether a static member leaves although its role keeps its place.</param>
    public void LeaveAsMember(bool always)
    {
        ServeWaitingRebalance();
        if (role.GroupInstanceId is { } instanceId && (always || role.LeavesOnClose) && !native.FatalError().IsError)
        {
            LeaveAsStaticMember(instanceId);
        }

        End();
    }

    /// <summary>Ends the consumer; a dynamic member leaves its group by that.</summary>
    public void End()
    {
        var error = native.BeginClose(out var queue);
        using (queue)
        {
            var start = time.GetTimestamp();
            while (!error.IsError && !native.ServeClose(queue, ClosePollMs))
            {
                if (time.GetElapsedTime(start) > CloseTimeout)
                {
                    Log.CloseTimedOut(logger, role.ClientId, CloseTimeout);
                    break;
                }
            }
        }
    }

    /// <summary>
    /// A rebalance that was not answered yet would keep librdkafka from asking for the partitions back on the way out.
    /// </summary>
    private void ServeWaitingRebalance()
    {
        while (native.Poll(0, out var error))
        {
            Log.ErrorWhileClosing(logger, role.ClientId, error.Error.Text);
        }
    }

    /// <summary>
    /// A static member is not taken out of its group by closing it, but by ending its subscription. A first join that is
    /// on its way is seen through: librdkafka would leave behind, for the whole session timeout, what it has not joined yet.
    /// </summary>
    private void LeaveAsStaticMember(string instanceId)
    {
        ServeUntil(() => native.Membership().HasJoined);
        if (!native.Unsubscribe().IsError && !ServeUntil(() => !native.Membership().IsMember))
        {
            Log.StaticMemberRemains(logger, role.ClientId, instanceId);
        }
    }

    private bool ServeUntil(Func<bool> isDone)
    {
        var start = time.GetTimestamp();
        while (!isDone())
        {
            if (time.GetElapsedTime(start) >= LeaveTimeout)
            {
                return false;
            }

            if (native.Poll(LeavePollMs, out var failed))
            {
                Log.ErrorWhileClosing(logger, role.ClientId, failed.Error.Text);
            }
        }

        return true;
    }
}
