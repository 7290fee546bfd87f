using System.Collections.Generic;
using System.Linq;

namespace StreamFlow.Protocol.Generator;

/// <summary>
/// Gives every struct of a message its type's name: the message's and the field's. Where two fields of one name have structs
/// that differ, the one further inside has its whole path.
/// </summary>
internal static class StructNames
{
    public static void Assign(MessageLayout message)
    {
        var taken = new HashSet<string>(message.Shared.Values.Select(s => s.TypeName));
        var open = new Queue<(StructLayout Struct, string Path)>();
        open.Enqueue((message.Root, message.Name));
        foreach (var shared in message.Shared.Values)
        {
            message.Structs.Add(shared);
            open.Enqueue((shared, shared.TypeName));
        }

        while (open.Count > 0)
        {
            var (around, path) = open.Dequeue();
            foreach (var field in around.Fields.Where(f => f.Kind == FieldKind.Struct))
            {
                if (field.SharedStruct is { } name)
                {
                    field.Struct = message.Shared.TryGetValue(name, out var shared)
                        ? shared
                        : throw new LayoutException(field.Line, $"{field.Name} refers to a struct '{name}', which {message.Name} does not have.");
                }
                else
                {
                    field.Struct!.TypeName = taken.Add(message.Name + field.Name) ? message.Name + field.Name : path + field.Name;
                    message.Structs.Add(field.Struct);
                    open.Enqueue((field.Struct, path + field.Name));
                }

                field.Struct!.StandsAlone |= !field.IsArray && !field.IsNullByDefault;
            }
        }
    }
}
