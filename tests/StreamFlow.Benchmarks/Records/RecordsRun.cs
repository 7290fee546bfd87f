using StreamFlow.Benchmarks.Measuring;

namespace StreamFlow.Benchmarks.Records;

/// <summary>What records cost the broker where it opens them: codecs, messages, and the compaction of many.</summary>
internal static class RecordsRun
{
    private const long ShortestRoundNs = 50_000_000;

    public static async Task<int> MainAsync(Options options)
    {
        bool isRight = true;
        foreach (string part in options.Get("only", "codecs,messages,compaction").Split(','))
        {
            isRight &= part switch
            {
                "codecs" => CodecRun.Run(options),
                "messages" => MessageRun.Run(options),
                "compaction" => await CompactionRun.RunAsync(options),
                _ => throw new ArgumentException($"There is no part '{part}' of Records; use codecs, messages or compaction."),
            };
        }

        return isRight ? 0 : 3;
    }

    /// <summary>The median of some rounds, by processor time of the thread, of what takes turns; the first round only warms up.</summary>
    /// <param name="rounds">How many are counted.</param>
    /// <param name="works">What takes turns.</param>
    /// <returns>Nanoseconds of each.</returns>
    /// <remarks>
    /// Each is repeated in a round for so long that the clock, which the kernel moves on every few milliseconds while a thread runs, is
    /// exact enough.
    /// </remarks>
    public static double[] ByTurns(int rounds, params Action[] works)
    {
        int[] times = [.. works.Select(static work => TimesOf(work))];
        List<double>[] taken = [.. works.Select(static _ => new List<double>())];
        for (int round = 0; round <= rounds; round++)
        {
            for (int i = 0; i < works.Length; i++)
            {
                long began = ProcessReading.ThreadCpuNanoseconds();
                Repeat(times[i], works[i]);
                if (round > 0)
                {
                    taken[i].Add((double)(ProcessReading.ThreadCpuNanoseconds() - began) / times[i]);
                }
            }
        }

        return [.. taken.Select(Results.Median)];
    }

    /// <summary>Does it so often.</summary>
    public static void Repeat(int times, Action work)
    {
        for (int i = 0; i < times; i++)
        {
            work();
        }
    }

    private static int TimesOf(Action work)
    {
        for (int times = 1; ; times *= 2)
        {
            long began = ProcessReading.ThreadCpuNanoseconds();
            Repeat(times, work);
            if (ProcessReading.ThreadCpuNanoseconds() - began >= ShortestRoundNs)
            {
                return times;
            }
        }
    }
}
