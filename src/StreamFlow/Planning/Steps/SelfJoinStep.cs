namespace StreamFlow.Planning;

/// <summary>
/// Lets a stream that is joined with itself keep its records once. Kafka Streams does so only where no operator that was described
/// before the join takes records from the same stream; whether one does makes no difference here.
/// </summary>
internal static class SelfJoinStep
{
    public static void Run(PlanGraph graph)
    {
        foreach (var merge in graph.Nodes.Where(node => node.SelfJoin is not null).ToList())
        {
            var join = merge.SelfJoin!;
            if (graph.InputsOf(join.Left)[0] != graph.InputsOf(join.Right)[0])
            {
                continue;
            }

            var single = join.Single();
            graph.InsertBehind(merge, single);
            graph.Redirect(merge.Outputs[0], single.Outputs[0]);
            foreach (var replaced in (NodeDescription[])[merge, .. join.Sides, join.Right])
            {
                graph.Remove(replaced);
            }
        }
    }
}
