namespace StreamFlow.Runtime;

/// <summary>What was found in one application that makes results wrong although nothing fails; all its threads find it.</summary>
internal sealed class WarningSet
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _subjects = new(StringComparer.Ordinal);
    private volatile IReadOnlyList<string> _all = [];

    /// <summary>The warnings, in the order in which they were found.</summary>
    public IReadOnlyList<string> All => _all;

    /// <summary>Adds a warning, unless there is one about the same.</summary>
    /// <param name="subject">What it is about.</param>
    /// <param name="warning">The warning.</param>
    /// <returns>Whether it is new, so that it is to be logged.</returns>
    public bool TryAdd(string subject, string warning)
    {
        lock (_gate)
        {
            if (!_subjects.Add(subject))
            {
                return false;
            }

            _all = [.. _all, warning];
            return true;
        }
    }
}
