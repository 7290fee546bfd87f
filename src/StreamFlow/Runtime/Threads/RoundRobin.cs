namespace StreamFlow.Runtime;

/// <summary>The order in which a thread's tasks take their turns.</summary>
internal static class RoundRobin
{
    private const int RecordsPerRun = 128;

    /// <summary>
    /// Processes up to a number of records of each running task, in short runs that go round, so that the partitions of
    /// a backlog stay close in event time and a window downstream does not close because one of them ran ahead.
    /// </summary>
    public static int Process(IReadOnlyList<StreamTask> running, int maxRecordsPerTask)
    {
        var processed = 0;
        for (var left = maxRecordsPerTask; left > 0; left -= RecordsPerRun)
        {
            var before = processed;
            foreach (var task in running)
            {
                processed += task.Process(RecordsPerRun);
            }

            if (processed == before)
            {
                break;
            }
        }

        return processed;
    }
}
