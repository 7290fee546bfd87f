namespace StreamFlow;

/// <summary>Messages of others within our own.</summary>
internal static class Sentences
{
    /// <summary>A text with a full stop, so that another sentence can follow; as it is, if it ends with a mark already.</summary>
    public static string End(string text)
    {
        var end = text.TrimEnd();
        return end.Length == 0 || end[^1] is '.' or '!' or '?' or ':' or ';' ? end : end + ".";
    }
}
