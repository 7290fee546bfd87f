using System.Runtime.CompilerServices;

namespace StreamFlow.Protocol;

/// <content>Arrays, and structs that may be null.</content>
internal sealed partial class WireWriter
{
    /// <summary>Writes structs that write themselves.</summary>
    public void WriteArray<T>(T[] items, [CallerArgumentExpression(nameof(items))] string? name = null)
        where T : IWireType<T>
    {
        ArgumentNullException.ThrowIfNull(items, name);
        WriteArrayLength(items.Length);
        for (int i = 0; i < items.Length; i++)
        {
            items[i].Write(this);
        }
    }

    public void WriteNullableArray<T>(T[]? items)
        where T : IWireType<T>
    {
        if (items is null)
        {
            WriteArrayLength(-1);
            return;
        }

        WriteArray(items);
    }

    /// <summary>One byte that says whether it is there, and the struct.</summary>
    public void WriteNullableStruct<T>(T? value)
        where T : struct, IWireType<T>
    {
        WriteInt8(value is null ? (sbyte)-1 : (sbyte)1);
        value?.Write(this);
    }

    /// <summary>As <see cref="WriteNullableStruct"/> in a tagged field, where the byte says 0 for null.</summary>
    public void WriteNullableTaggedStruct<T>(T? value)
        where T : struct, IWireType<T>
    {
        WriteUnsignedVarint(value is null ? 0u : 1u);
        value?.Write(this);
    }

    public void WriteStringArray(string[] items, [CallerArgumentExpression(nameof(items))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(items, name);
        WriteArrayLength(items.Length);
        foreach (string item in items)
        {
            WriteString(item, name);
        }
    }

    public void WriteNullableStringArray(string[]? items)
    {
        if (items is null)
        {
            WriteArrayLength(-1);
            return;
        }

        WriteStringArray(items);
    }

    public void WriteInt8Array(sbyte[] items, [CallerArgumentExpression(nameof(items))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(items, name);
        WriteArrayLength(items.Length);
        foreach (sbyte item in items)
        {
            WriteInt8(item);
        }
    }

    public void WriteInt32Array(int[] items, [CallerArgumentExpression(nameof(items))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(items, name);
        WriteInt32Array(items.AsSpan());
    }

    public void WriteNullableInt32Array(int[]? items)
    {
        if (items is null)
        {
            WriteArrayLength(-1);
            return;
        }

        WriteInt32Array(items.AsSpan());
    }

    public void WriteInt64Array(long[] items, [CallerArgumentExpression(nameof(items))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(items, name);
        WriteArrayLength(items.Length);
        foreach (long item in items)
        {
            WriteInt64(item);
        }
    }
}
