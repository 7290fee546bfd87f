namespace StreamFlow.Dashboard;

/// <summary>Names of types as their users write them.</summary>
internal static class TypeNames
{
    /// <summary><c>Windowed&lt;String&gt;</c>; null for null.</summary>
    public static string? Of(Type? type)
    {
        if (type is null)
        {
            return null;
        }

        if (type.IsArray)
        {
            return Of(type.GetElementType()) + "[]";
        }

        var name = type.Name.Split('`')[0];
        return type.IsGenericType ? $"{name}<{string.Join(", ", type.GetGenericArguments().Select(Of))}>" : name;
    }
}
