using StreamFlow;
using StreamFlow.State;

namespace ActivityTracking;

/// <summary>What the page shows, asked of the stores of the running application.</summary>
/// <param name="application">The application.</param>
/// <param name="users">Users whose sessions are drawn.</param>
internal sealed class ActivityView(StreamsApplication application, IReadOnlyList<string> users)
{
    private readonly ReadOnlyQueries _ask = new(application);
    private ActivityPicture _last = ActivityPicture.Empty;

    /// <summary>The picture of this moment; while partitions are on their way, the last one.</summary>
    public object Picture()
    {
        try
        {
            return _last = Take();
        }
        catch (StoreQueryException exception) when (exception.IsTransient || exception.Failure == StoreQueryFailure.NotRunning)
        {
            return _last;
        }
    }
}
