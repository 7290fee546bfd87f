using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace StreamFlow.TestSupport;

/// <summary>The comments of properties as plain text, from the XML beside their assemblies.</summary>
internal static partial class XmlDocs
{
    private static readonly Dictionary<Assembly, Dictionary<string, XElement>> Assemblies = [];

    /// <summary>The summary, and "Default: ..." where the comment has a value.</summary>
    public static string Of(Type owner, string property)
    {
        var member = Members(owner.Assembly)[$"P:{owner.FullName}.{owner.GetProperty(property, BindingFlags.Public | BindingFlags.Instance)!.Name}"];
        var text = Plain(member.Element("summary")!);
        return member.Element("value") is { } value
            ? $"{text} {(Plain(value) is var given && given.Contains("default", StringComparison.OrdinalIgnoreCase) ? given : "Default: " + given)}"
            : text;
    }

    private static Dictionary<string, XElement> Members(Assembly assembly)
    {
        lock (Assemblies)
        {
            return Assemblies.TryGetValue(assembly, out var known) ? known : Assemblies[assembly] = Read(assembly);
        }
    }

    private static Dictionary<string, XElement> Read(Assembly assembly) => XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml"))
        .Descendants("member").Where(member => member.Attribute("name")!.Value.StartsWith("P:", StringComparison.Ordinal))
        .DistinctBy(member => member.Attribute("name")!.Value)
        .ToDictionary(member => member.Attribute("name")!.Value);

    private static string Plain(XElement element) => Spaces().Replace(
        string.Concat(element.DescendantNodes().Select(node => node switch
        {
            XText text => text.Value,
            XElement { Name.LocalName: "see" } see => see.Attribute("langword")?.Value ?? LastOf(see.Attribute("cref")!.Value),
            _ => string.Empty,
        })),
        " ").Trim();

    private static string LastOf(string cref) => cref[(cref.Split('(')[0].LastIndexOf('.') + 1)..].Split('(', '`')[0];

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
