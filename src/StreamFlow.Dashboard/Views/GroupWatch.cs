using StreamFlow.Clients;
using StreamFlow.Hosting;

namespace StreamFlow.Dashboard;

/// <summary>
/// The members of an application's group, asked of the broker every few seconds while somebody looks, and never waited for: a broker
/// that does not answer must not hold up the page that tells so.
/// </summary>
/// <param name="hosted">The application.</param>
/// <param name="time">The clock.</param>
internal sealed class GroupWatch(HostedApplication hosted, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private long? _asked;
    private Task _asking = Task.CompletedTask;
    private volatile IReadOnlyList<GroupMemberDescription> _members = [];
    private IKafkaAdmin? _admin;
    private volatile bool _isKept;
    private volatile bool _isLeft;

    /// <summary>The members as they were told last; none before that.</summary>
    public IReadOnlyList<GroupMemberDescription> Members => _members;

    /// <summary>Asks again when it is time.</summary>
    /// <param name="isKept">Whether the client is kept for the next time: somebody goes on looking.</param>
    public void AskIfDue(bool isKept)
    {
        (_isKept, _isLeft) = (isKept, false);
        if (_asking.IsCompleted && (_asked is not { } asked || time.GetElapsedTime(asked) >= Interval))
        {
            _asked = time.GetTimestamp();
            _asking = AskAsync();
        }
    }

    /// <summary>The application does not run: who else is in the group is no matter of its own any more.</summary>
    public void Forget()
    {
        _isLeft = true;
        _members = [];
        _asked = null;
        Release();
    }

    /// <summary>Nobody looks any more: a client would keep its connections for nothing.</summary>
    public void Release()
    {
        _isKept = false;
        if (_asking.IsCompleted)
        {
            Drop();
        }
    }

    private async Task AskAsync()
    {
        try
        {
            // Never on the caller's thread: making a client may take a moment.
            await Task.Yield();
            using var limit = new CancellationTokenSource(Limit, time);
            _admin ??= hosted.Clients.CreateAdmin($"{hosted.Application.ApplicationId}-dashboard");
            var group = await _admin.DescribeGroupAsync(hosted.Application.ApplicationId, limit.Token).ConfigureAwait(false);
            _members = _isLeft ? [] : group.Members;
        }
        catch (Exception exception) when (exception is KafkaClientException or OperationCanceledException)
        {
            // The overview tells that no broker answers; the members stay as they were known.
        }
        finally
        {
            if (!_isKept)
            {
                Drop();
            }
        }
    }

    private void Drop() => Interlocked.Exchange(ref _admin, null)?.Dispose();
}
