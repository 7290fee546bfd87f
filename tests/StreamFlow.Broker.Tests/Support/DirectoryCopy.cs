namespace StreamFlow.Broker.Tests.Support;

/// <summary>Copies a data directory as a kill would leave it: whatever is in the files at this moment.</summary>
public static class DirectoryCopy
{
    public static void Of(string source, string target)
    {
        foreach (string file in Directory.GetFiles(source, "*", SearchOption.AllDirectories))
        {
            if (Path.GetFileName(file) == "LOCK")
            {
                continue;
            }

            string copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            using var from = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using FileStream to = File.Create(copy);
            from.CopyTo(to);
        }
    }
}
