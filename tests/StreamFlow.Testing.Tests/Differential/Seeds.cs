using System.Globalization;

namespace StreamFlow.Testing.Tests.Differential;

/// <summary>Which random programs are run, and how many: STREAMFLOW_SEED and STREAMFLOW_PROGRAMS, or the usual ones.</summary>
internal static class Seeds
{
    public static int First => Setting("STREAMFLOW_SEED", 1);

    /// <summary>Whether more is asked for than a build runs.</summary>
    public static bool AreMany => Count(0) > 0;

    public static int Count(int otherwise) => Setting("STREAMFLOW_PROGRAMS", otherwise);

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
