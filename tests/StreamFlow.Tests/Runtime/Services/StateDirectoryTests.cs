using StreamFlow.Runtime;

namespace StreamFlow.Tests.Runtime;

public sealed class StateDirectoryTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("streamflow-test-").FullName;

    [Fact]
    public void Open_of_a_directory_in_use_names_it_and_the_remedy()
    {
        using var first = StateDirectory.Open(_root, "app");

        var error = Assert.Throws<StateStoreException>(() => StateDirectory.Open(_root, "app"));

        Assert.Contains(first.Path, error.Message, StringComparison.Ordinal);
        Assert.Contains("another StateDirectory", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The lock does not say whose it is, but a process knows what it has itself.</summary>
    [Fact]
    public void Open_of_what_this_process_has_itself_says_so_until_it_is_let_go()
    {
        using (StateDirectory.Open(_root, "app"))
        {
            var error = Assert.Throws<StateStoreException>(() => StateDirectory.Open(_root, "app"));
            Assert.Contains("by another application of this very process", error.Message, StringComparison.Ordinal);
        }

        // A stream of nobody's that has the file, as another process would.
        using var stranger = new FileStream(Path.Combine(_root, "app", ".lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        var others = Assert.Throws<StateStoreException>(() => StateDirectory.Open(_root, "app"));
        Assert.Contains("is in use by another process", others.Message, StringComparison.Ordinal);
    }

    /// <summary>Only the lock's own error means that somebody has it.</summary>
    [SkippableFact]
    public void Open_of_a_lock_file_that_cannot_be_opened_tells_the_reason_and_blames_no_process()
    {
        Skip.If(OperatingSystem.IsWindows(), "Links need privileges.");
        var folder = Directory.CreateDirectory(Path.Combine(_root, "app")).FullName;
        File.CreateSymbolicLink(Path.Combine(folder, ".lock"), Path.Combine(folder, ".lock"));

        var error = Assert.Throws<StateStoreException>(() => StateDirectory.Open(_root, "app"));

        Assert.DoesNotContain("in use", error.Message, StringComparison.Ordinal);
        Assert.Contains("a folder it may write to (StateDirectory)", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Open_on_a_read_only_mount_says_so()
    {
        var folder = ReadOnlyFolder();
        Skip.If(folder is null, "The kernel's folders are not mounted read-only here.");

        var error = Assert.Throws<StateStoreException>(
            () => StateDirectory.Open(Path.GetDirectoryName(folder)!, Path.GetFileName(folder)));

        Assert.Contains("Read-only file system", error.Message, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("in use", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The kernel's own folders are mounted read-only in most containers.</summary>
    private static string? ReadOnlyFolder() => !File.Exists("/proc/mounts")
        ? null
        : File.ReadLines("/proc/mounts").Select(line => line.Split(' '))
            .Where(mount => (mount[1] is "/sys" or "/proc/sys") && mount[3].Split(',')[0] == "ro")
            .SelectMany(mount => Directory.EnumerateDirectories(mount[1]))
            .FirstOrDefault();

    [Theory]
    [InlineData("alice", "streamflow-alice")]
    [InlineData("DOMAIN\\bob", "streamflow-DOMAINbob")]
    [InlineData("", "streamflow")]
    [InlineData("?", "streamflow")]
    public void Users_of_one_machine_have_a_default_folder_each(string user, string folder)
    {
        Assert.Equal(Path.Combine("/tmp", folder), StateDirectory.DefaultPathOf("/tmp", user));
        Assert.Equal(StateDirectory.DefaultPathOf(Path.GetTempPath(), Environment.UserName), new StreamFlowOptions().StateDirectory);
    }

    [Fact]
    public void Open_after_dispose_keeps_the_identity_of_the_instance()
    {
        var identity = OpenAndClose();

        Assert.Equal(identity, OpenAndClose());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"processId\":\"3f1")]
    [InlineData("{}")]
    public void Open_with_an_identity_that_cannot_be_read_makes_a_lasting_new_one(string content)
    {
        OpenAndClose();
        File.WriteAllText(Path.Combine(_root, "app", "streamflow-process-metadata"), content);
        var identity = OpenAndClose();

        Assert.Equal(identity, OpenAndClose());
    }

    /// <summary>On Linux the device that is always full stands for the disk.</summary>
    [SkippableFact]
    public void Open_on_a_full_disk_may_be_tried_again()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "/dev/full is Linux's.");
        var folder = Directory.CreateDirectory(Path.Combine(_root, "app")).FullName;
        var draft = Path.Combine(folder, "streamflow-process-metadata.new");
        File.CreateSymbolicLink(draft, "/dev/full");

        var error = Assert.Throws<StateStoreException>(() => StateDirectory.Open(_root, "app"));
        Assert.True(error.IsTransient, error.ToString());

        File.Delete(draft);
        using var directory = StateDirectory.Open(_root, "app");
        Assert.NotEqual(Guid.Empty, directory.ProcessId);
    }

    /// <returns>The identity that the directory has had meanwhile.</returns>
    private Guid OpenAndClose()
    {
        using var directory = StateDirectory.Open(_root, "app");
        return directory.ProcessId;
    }

    [Fact]
    public void Two_applications_share_a_state_directory()
    {
        using var first = StateDirectory.Open(_root, "app-1");
        using var second = StateDirectory.Open(_root, "app-2");

        Assert.NotEqual(first.ProcessId, second.ProcessId);
    }

    [Fact]
    public void A_task_folder_belongs_to_one_holder_at_a_time()
    {
        using var directory = StateDirectory.Open(_root, "app");
        var task = new TaskId(1, 2);

        var path = directory.TryTake(task);
        Assert.Null(directory.TryTake(task));
        directory.Release(task);

        Assert.EndsWith("1_2", path, StringComparison.Ordinal);
        Assert.Equal(path, directory.TryTake(task));
    }

    [Fact]
    public void Wipe_empties_the_folder_of_that_task_only()
    {
        using var directory = StateDirectory.Open(_root, "app");
        var wiped = directory.TryTake(new TaskId(0, 0))!;
        var kept = directory.TryTake(new TaskId(0, 1))!;
        File.WriteAllText(Path.Combine(wiped, "data"), "x");
        File.WriteAllText(Path.Combine(kept, "data"), "x");

        directory.Wipe(new TaskId(0, 0));

        Assert.Empty(Directory.GetFileSystemEntries(wiped));
        Assert.True(File.Exists(Path.Combine(kept, "data")));
    }

    [Fact]
    public void Open_where_writing_is_impossible_names_the_directory()
    {
        var file = Path.Combine(_root, "file");
        File.WriteAllText(file, "not a folder");

        var error = Assert.Throws<StateStoreException>(() => StateDirectory.Open(file, "app"));
        Assert.False(error.IsTransient);

        Assert.Contains(file, error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
