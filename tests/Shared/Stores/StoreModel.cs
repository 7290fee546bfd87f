namespace StreamFlow.Tests.State;

/// <summary>What a store should hold now and what of it is committed, while it lives like the stores of a task.</summary>
/// <param name="harness">The store.</param>
/// <param name="copy">Copies a model.</param>
/// <param name="empty">The model of an empty store.</param>
internal sealed class StoreModel<TModel>(StoreHarness harness, Func<TModel, TModel> copy, TModel empty)
{
    private TModel _committed = copy(empty);

    public TModel Now { get; private set; } = empty;

    public TModel Committed => _committed;

    /// <summary>Commits, flushes, aborts, fails and comes back, or is restored from its changelog elsewhere.</summary>
    public void Live(Random random)
    {
        switch (random.Next(5))
        {
            case 0:
                harness.Commit();
                _committed = copy(Now);
                return;
            case 1:
                harness.Flush();
                return;
            case 2:
                harness.Rollback();
                break;
            case 3:
                harness.Reopen();
                break;
            default:
                harness.Restore(recordsPerBatch: 1 + random.Next(20));
                break;
        }

        Now = copy(_committed);
    }
}
