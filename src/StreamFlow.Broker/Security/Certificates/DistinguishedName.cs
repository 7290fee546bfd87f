using System.Formats.Asn1;
using System.Text;

namespace StreamFlow.Broker.Security;

/// <summary>
/// Spells the subject of a certificate as Java does (<c>X500Principal.getName()</c>, RFC 2253), because rules and principals
/// are written for that spelling.
/// </summary>
internal static class DistinguishedName
{
    private static readonly Dictionary<string, string> Keywords = new()
    {
        ["2.5.4.3"] = "CN",
        ["2.5.4.6"] = "C",
        ["2.5.4.7"] = "L",
        ["2.5.4.8"] = "ST",
        ["2.5.4.9"] = "STREET",
        ["2.5.4.10"] = "O",
        ["2.5.4.11"] = "OU",
        ["0.9.2342.19200300.100.1.25"] = "DC",
        ["0.9.2342.19200300.100.1.1"] = "UID",
    };

    /// <summary>The name, its last part first.</summary>
    /// <param name="encoded">The name as it stands in the certificate.</param>
    /// <exception cref="AsnContentException">It is damaged.</exception>
    public static string Format(ReadOnlyMemory<byte> encoded)
    {
        AsnReader names = new AsnReader(encoded, AsnEncodingRules.DER).ReadSequence();
        List<string> parts = [];
        while (names.HasData)
        {
            // The order within a set is that of its encoding.
            AsnReader set = names.ReadSetOf(skipSortOrderValidation: true);
            List<string> values = [];
            while (set.HasData)
            {
                AsnReader pair = set.ReadSequence();
                values.Add(Format(pair.ReadObjectIdentifier(), pair));
            }

            parts.Add(string.Join('+', values));
        }

        parts.Reverse();
        return string.Join(',', parts);
    }

    private static string Format(string type, AsnReader pair)
    {
        ReadOnlyMemory<byte> raw = pair.PeekEncodedValue();
        return Keywords.TryGetValue(type, out string? keyword) && Text(pair) is { } text
            ? $"{keyword}={Escape(text)}"
            : $"{type}=#{Convert.ToHexStringLower(raw.Span)}";
    }

    private static string? Text(AsnReader pair)
    {
        Asn1Tag tag = pair.PeekTag();
        return tag.TagClass == TagClass.Universal && (UniversalTagNumber)tag.TagValue is UniversalTagNumber.UTF8String
            or UniversalTagNumber.PrintableString or UniversalTagNumber.IA5String or UniversalTagNumber.BMPString
            or UniversalTagNumber.T61String
            ? pair.ReadCharacterString((UniversalTagNumber)tag.TagValue)
            : null;
    }

    /// <summary>A backslash before what has a meaning in names; blanks at the ends go, as in Java.</summary>
    private static string Escape(string text)
    {
        StringBuilder escaped = new();
        foreach (char letter in text.Trim(' '))
        {
            if (",=+<>#;\"\\".Contains(letter, StringComparison.Ordinal))
            {
                escaped.Append('\\');
            }

            escaped.Append(letter);
        }

        return escaped.ToString();
    }
}
