using System.Globalization;
using System.Text;

namespace StreamFlow.Kafka.Producers;

/// <summary>Says of a record that is too large what it is, how large it is, and which settings let it through.</summary>
internal static class TooLarge
{
    private const int ShownBytes = 100;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="topic">Where the record was to go.</param>
    /// <param name="hasKey">Whether it has a key.</param>
    /// <param name="key">Its key.</param>
    /// <param name="valueLength">How many bytes its value has.</param>
    public static string Text(string topic, bool hasKey, ReadOnlySpan<byte> key, int valueLength)
    {
        var (shown, length) = (Show(key), key.Length);
        var what = hasKey ? string.Create(CultureInfo.InvariantCulture, $"the key {shown} ({length} bytes)") : "no key";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"The record has {what} and a value of {valueLength} bytes. To let it through, raise both max.message.bytes of topic '{topic}' "
            + $"and message.max.bytes of the producer (KafkaClientOptions.Producer; 1000000 unless set); or keep less under one key");
    }

    private static string Show(ReadOnlySpan<byte> key)
    {
        var shown = key[..Math.Min(key.Length, ShownBytes)];
        var rest = shown.Length < key.Length ? "..." : string.Empty;
        try
        {
            var text = Strict.GetString(shown);
            if (!text.Any(char.IsControl))
            {
                return $"'{text}'{rest}";
            }
        }
        catch (DecoderFallbackException)
        {
            // No text.
        }

        return $"0x{Convert.ToHexString(shown)}{rest}";
    }
}
