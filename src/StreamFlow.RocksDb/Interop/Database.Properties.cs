using System.Text;

namespace StreamFlow.RocksDb.Interop;

/// <content>What RocksDB tells of itself.</content>
internal sealed unsafe partial class Database
{
    /// <summary>A number that RocksDB keeps about a family.</summary>
    /// <param name="family">Index of the family.</param>
    /// <param name="name">Name of the property, zero-terminated as a UTF-8 literal is.</param>
    public long Property(int family, ReadOnlySpan<byte> name)
    {
        var entered = false;
        try
        {
            Enter(ref entered);
            ulong value = 0;
            fixed (byte* bytes = name)
            {
                return NativeMethods.PropertyInt(handle, _families[family], bytes, &value) == 0
                    ? (long)Math.Min(value, long.MaxValue)
                    : 0;
            }
        }
        finally
        {
            Leave(entered);
        }
    }

    /// <summary>The same by any name, asked for by somebody who does not know whether the database is still open.</summary>
    /// <returns>Null where there is no such number, or the database is closed.</returns>
    public long? TryGetProperty(int family, string name)
    {
        var entered = false;
        try
        {
            Enter(ref entered);
            ulong value = 0;
            fixed (byte* bytes = Encoding.ASCII.GetBytes(name + "\0"))
            {
                return NativeMethods.PropertyInt(handle, _families[family], bytes, &value) == 0
                    ? (long)Math.Min(value, long.MaxValue)
                    : null;
            }
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
        finally
        {
            Leave(entered);
        }
    }
}
