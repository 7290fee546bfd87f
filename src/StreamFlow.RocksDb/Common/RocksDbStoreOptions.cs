using System.Globalization;

namespace StreamFlow.State;

/// <summary>Settings of one store on disk; what is <see langword="null"/> is as in <see cref="RocksDbOptions"/>.</summary>
public sealed record RocksDbStoreOptions
{
    /// <summary>As <see cref="RocksDbOptions.MemtableBytes"/>.</summary>
    public int? MemtableBytes { get; set; }

    /// <summary>As <see cref="RocksDbOptions.MaxMemtablesPerStore"/>.</summary>
    public int? MaxMemtables { get; set; }

    /// <summary>As <see cref="RocksDbOptions.Compression"/>.</summary>
    public RocksDbCompression? Compression { get; set; }

    /// <summary>As <see cref="RocksDbOptions.BlockBytes"/>.</summary>
    public int? BlockBytes { get; set; }

    /// <summary>As <see cref="RocksDbOptions.BloomBitsPerKey"/>.</summary>
    public int? BloomBitsPerKey { get; set; }

    /// <summary>
    /// Everything else, as <see cref="RocksDbOptions.Options"/>, which it adds to: settings of a column family and of its
    /// table format only, since a task's stores share one database.
    /// </summary>
    /// <value>None by default.</value>
    public string Options { get; set; } = "";

    /// <summary>Adds what is out of range to the errors.</summary>
    internal void Check(string where, List<string> errors)
    {
        AtLeast(nameof(MemtableBytes), MemtableBytes, 64 << 10);
        AtLeast(nameof(MaxMemtables), MaxMemtables, 2);
        Between(nameof(BlockBytes), BlockBytes, 1 << 10, 4 << 20);
        Between(nameof(BloomBitsPerKey), BloomBitsPerKey, 0, 30);
        if (Compression is { } compression && !Enum.IsDefined(compression))
        {
            errors.Add(
                $"{where}{nameof(Compression)} is {compression}, which is not a member of {nameof(RocksDbCompression)}.");
        }

        void AtLeast(string name, int? value, int minimum) =>
            RocksDbOptions.AtLeast(errors, where + name, value ?? minimum, minimum);

        void Between(string name, int? value, int minimum, int maximum)
        {
            if (value < minimum || value > maximum)
            {
                errors.Add($"{where}{name} is {value}; it must be from {minimum} to {maximum}.");
            }
        }
    }

    /// <summary>What is set, in RocksDB's words.</summary>
    internal string ToOptionString()
    {
        var ofTables = Set("block_size", BlockBytes) + Set("filter_policy", BloomBitsPerKey is { } bits ? Filter(bits) : null);
        return Set("write_buffer_size", MemtableBytes)
            + Set("max_write_buffer_number", MaxMemtables)
            + Set("compression_per_level", Compression is { } compression ? PerLevel(compression) : null)
            + Set("block_based_table_factory", ofTables.Length > 0 ? $"{{{ofTables}}}" : null);
    }

    // The first levels are rewritten soon and often: compressing them costs more than it saves.
    private static string PerLevel(RocksDbCompression compression)
    {
        var name = compression switch
        {
            RocksDbCompression.None => "kNoCompression",
            RocksDbCompression.Snappy => "kSnappyCompression",
            RocksDbCompression.Lz4 => "kLZ4Compression",
            _ => "kZSTD",
        };
        return $"kNoCompression:kNoCompression:{name}:{name}:{name}:{name}:{name}";
    }

    private static string Filter(int bits) =>
        bits == 0 ? "nullptr" : string.Create(CultureInfo.InvariantCulture, $"bloomfilter:{bits}:false");

    private static string Set(string name, IFormattable? value) => Set(name, value?.ToString(null, CultureInfo.InvariantCulture));

    private static string Set(string name, string? value) => value is null ? "" : $"{name}={value};";
}
