namespace StreamFlow.Testing.Tests.Differential;

/// <summary>Makes a program that shows a difference smaller, as long as it shows one.</summary>
internal static class ProgramShrinker
{
    private const int MaxAttempts = 400;

    /// <param name="program">The program.</param>
    /// <param name="differs">Whether one shows a difference.</param>
    /// <param name="attempts">How many programs to try at most.</param>
    public static RandomProgram Shrink(RandomProgram program, Func<RandomProgram, bool> differs, int attempts = MaxAttempts)
    {
        for (var smaller = program; smaller is not null;)
        {
            program = smaller;
            smaller = Smaller(program).FirstOrDefault(p => attempts-- > 0 && IsMeant(p) && differs(p));
        }

        return program;
    }

    /// <summary>Whether it still means what it did: a way around a node must not make a merge of one stream with itself.</summary>
    private static bool IsMeant(RandomProgram program) =>
        program.Inputs.Count > 0
        && !program.Nodes.Any(n =>
            n.Operator is "merge" or "ttjoin" && n.Parents.Select(p => Source(program, p)).Distinct().Count() == 1);

    private static string Source(RandomProgram program, string id) =>
        program.Nodes.FirstOrDefault(n => n.Id == id && n.Parents.Length == 0)?.Arguments[0] ?? id;

    private static IEnumerable<RandomProgram> Smaller(RandomProgram program)
    {
        foreach (var sink in program.Nodes.Where(n => n.Operator == "to"))
        {
            if (program.Nodes.Count(n => n.Operator == "to") > 1)
            {
                yield return WithoutDeadEnds(program with { Nodes = [.. program.Nodes.Where(n => n != sink)] });
            }
        }

        var free = program.UntimedSinks.Count == 0 ? program.Inputs.Count : program.Inputs.Count(i => !i.IsLast);
        for (var size = free / 2; size > 0; size /= 2)
        {
            for (var at = 0; at + size <= free; at += size)
            {
                yield return program with { Inputs = [.. program.Inputs.Take(at), .. program.Inputs.Skip(at + size)] };
            }
        }

        foreach (var node in program.Nodes)
        {
            foreach (var parent in node.Parents.Where(p => node.Operator != "to" && Kind(program, p) == Kind(program, node.Id)))
            {
                yield return WithoutDeadEnds(Bypass(program, node, parent));
            }
        }
    }

    private static RandomProgram Bypass(RandomProgram program, ProgramNode node, string parent) =>
        program with
        {
            Nodes = [.. program.Nodes.Where(n => n != node).Select(n => n with
            {
                Parents = [.. n.Parents.Select(p => p.Split('.')[0] == node.Id ? parent : p)],
            })],
        };

    private static RandomProgram WithoutDeadEnds(RandomProgram program)
    {
        var taken = program.Nodes.SelectMany(n => n.Parents).Select(p => p.Split('.')[0]).ToHashSet();
        var nodes = program.Nodes.Where(n => n.Operator == "to" || taken.Contains(n.Id)).ToList();
        var topics = nodes.Where(n => n.Parents.Length == 0).Select(n => n.Arguments[0]).ToHashSet();
        var result = program with { Nodes = nodes, Inputs = [.. program.Inputs.Where(i => topics.Contains(i.Topic))] };
        return nodes.Count == program.Nodes.Count ? result : WithoutDeadEnds(result);
    }

    private static FlowKind Kind(RandomProgram program, string id) => program.Nodes.First(n => n.Id == id.Split('.')[0]).Kind;
}
