namespace StreamFlow.RocksDb.Tests.Support;

/// <summary>What RocksDB itself says of an open database: its file OPTIONS, with all settings in words.</summary>
internal sealed class OptionsFile
{
    private readonly Dictionary<(string Section, string Name), string> _values = [];

    private OptionsFile(IEnumerable<string> lines)
    {
        var section = "";
        foreach (var line in lines.Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#'))
        {
            if (line[0] == '[')
            {
                section = line[1..^1];
            }
            else
            {
                var at = line.IndexOf('=', StringComparison.Ordinal);
                _values[(section, line[..at])] = line[(at + 1)..];
            }
        }
    }

    /// <summary>Version of RocksDB that opened the database last.</summary>
    public string Version => _values[("Version", "rocksdb_version")];

    /// <summary>Names of the settings of a database as a whole.</summary>
    public IEnumerable<string> DatabaseNames =>
        _values.Keys.Where(key => key.Section == "DBOptions").Select(key => key.Name);

    /// <summary>Names of the column families.</summary>
    public IEnumerable<string> Families => _values.Keys
        .Where(key => key.Section.StartsWith("CFOptions", StringComparison.Ordinal))
        .Select(key => key.Section.Split('"')[1])
        .Distinct();

    public static OptionsFile Read(string database) => new(File.ReadAllLines(
        Directory.GetFiles(database, "OPTIONS-*").MaxBy(path => path, StringComparer.Ordinal)!));

    public string Database(string name) => _values[("DBOptions", name)];

    public string Store(string store, string name) => _values[($"CFOptions \"store.{store}\"", name)];

    public string Table(string store, string name) =>
        _values[($"TableOptions/BlockBasedTable \"store.{store}\"", name)];
}
