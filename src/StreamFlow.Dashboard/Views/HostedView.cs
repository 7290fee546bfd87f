using Microsoft.Extensions.Configuration;
using StreamFlow.Hosting;

namespace StreamFlow.Dashboard;

/// <summary>An application as the page works with it.</summary>
internal sealed class HostedView : IDisposable
{
    private DateTimeOffset? _startedAt;

    /// <param name="hosted">The application.</param>
    /// <param name="configuration">The host's configuration; null where it has none.</param>
    /// <param name="time">The clock.</param>
    public HostedView(HostedApplication hosted, IConfiguration? configuration, TimeProvider time)
    {
        (Hosted, Configuration, Time) = (hosted, configuration, time);
        Collection = new Collection(hosted.Application, time);
        Group = new GroupWatch(hosted, time);
    }

    public HostedApplication Hosted { get; }

    public IConfiguration? Configuration { get; }

    public TimeProvider Time { get; }

    public StreamsApplication Application => Hosted.Application;

    public Collection Collection { get; }

    public GroupWatch Group { get; }

    public ThreadShares Shares { get; } = new();

    /// <summary>When the application was started, as far as its uptime was read by now.</summary>
    public DateTimeOffset? StartedAt => _startedAt;

    /// <summary>The name of this instance, which those of its threads begin with.</summary>
    public string ClientId => Hosted.Options.Streams.ClientId is { Length: > 0 } given ? given : Application.ApplicationId;

    /// <summary>Takes the uptime that the application has told.</summary>
    public void TakeUptime(double? seconds)
    {
        if (_startedAt is null && seconds is { } uptime)
        {
            _startedAt = Time.GetUtcNow() - TimeSpan.FromSeconds(uptime);
        }
    }

    public void Dispose()
    {
        Collection.Dispose();
        Group.Release();
    }
}
