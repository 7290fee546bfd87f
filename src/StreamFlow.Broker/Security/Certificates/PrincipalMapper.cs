using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace StreamFlow.Broker.Security;

/// <summary>
/// Makes a user's name of the subject of a certificate, by rules in the form of Kafka's <c>ssl.principal.mapping.rules</c>:
/// <c>DEFAULT</c>, or <c>RULE:pattern/replacement/</c> with <c>L</c> or <c>U</c> behind it, separated by commas. The first
/// whose pattern matches the whole subject decides.
/// </summary>
internal sealed partial class PrincipalMapper
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly List<Rule> _rules = [];

    /// <exception cref="ArgumentException">A rule is malformed; the message names it.</exception>
    public PrincipalMapper(string rules)
    {
        int at = 0;
        while (at < rules.Length)
        {
            Match match = RulePattern().Match(rules, at);
            if (!match.Success)
            {
                throw new ArgumentException(
                    $"The principal mapping rules '{rules}' are malformed at '{rules[at..]}'; a rule is DEFAULT or "
                    + "RULE:pattern/replacement/ with L or U behind it, and rules are separated by commas.");
            }

            _rules.Add(match.Groups["default"].Success ? new Rule(null, "", "") : Parse(rules, match));
            at += match.Length;
        }
    }

    /// <summary>The name of a certificate's bearer; null if no rule is about it, upon which it must be refused.</summary>
    public string? Map(string subject)
    {
        foreach (Rule rule in _rules)
        {
            if (rule.Pattern is null)
            {
                return subject;
            }

            Match match = rule.Pattern.Match(subject);
            if (match.Success)
            {
                string name = Expand(rule.Replacement, match);
                return rule.Case switch
                {
                    "L" => name.ToLowerInvariant(),
                    "U" => name.ToUpperInvariant(),
                    _ => name,
                };
            }
        }

        return null;
    }

    [GeneratedRegex(@"\G\s*((?<default>DEFAULT)|RULE:(?<pattern>(\\.|[^\\/])*)/(?<replacement>(\\.|[^\\/])*)/(?<case>[LU]?))\s*(,|$)")]
    private static partial Regex RulePattern();

    private static Rule Parse(string rules, Match match)
    {
        try
        {
            Regex pattern = new(
                $@"\A(?:{match.Groups["pattern"].Value})\z", RegexOptions.CultureInvariant, Patience);
            return new Rule(pattern, match.Groups["replacement"].Value, match.Groups["case"].Value);
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException($"The principal mapping rules '{rules}' have a pattern that is none: {e.Message}", e);
        }
    }

    /// <summary>Puts groups where <c>$1</c> stands, as Java does: a backslash takes the next letter's meaning away.</summary>
    private static string Expand(string replacement, Match match)
    {
        StringBuilder name = new();
        for (int i = 0; i < replacement.Length; i++)
        {
            if (replacement[i] == '\\' && i + 1 < replacement.Length)
            {
                name.Append(replacement[++i]);
            }
            else if (replacement[i] == '$' && i + 1 < replacement.Length && char.IsAsciiDigit(replacement[i + 1]))
            {
                int length = 1;
                while (i + length + 1 < replacement.Length && char.IsAsciiDigit(replacement[i + length + 1])
                    && int.Parse(replacement.AsSpan(i + 1, length + 1), CultureInfo.InvariantCulture) < match.Groups.Count)
                {
                    length++;
                }

                name.Append(match.Groups[int.Parse(replacement.AsSpan(i + 1, length), CultureInfo.InvariantCulture)].Value);
                i += length;
            }
            else
            {
                name.Append(replacement[i]);
            }
        }

        return name.ToString();
    }

    private sealed record Rule(Regex? Pattern, string Replacement, string Case);
}
