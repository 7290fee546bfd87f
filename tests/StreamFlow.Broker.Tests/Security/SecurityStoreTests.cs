using StreamFlow.Broker.Security;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Tests.Storage;
using TemporaryDirectory = StreamFlow.Broker.Tests.Support.TemporaryDirectory;

namespace StreamFlow.Broker.Tests.Security;

public sealed class SecurityStoreTests : IDisposable
{
    private static readonly AclBinding Rule = new(
        AclResourceType.Topic, "t", AclPatternType.Literal, "User:alice", "*", AclOperation.Read, AclPermission.Allow);

    private readonly TemporaryDirectory _directory = new();

    private string FilePath => Path.Combine(_directory.Path, SecurityFile.FileName);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_was_changed_is_there_after_a_start()
    {
        SecurityStore store = Open();
        store.AddAcls([Rule, Rule, Rule with { Operation = AclOperation.Write }]);
        store.ChangeUsers([Credential("alice"), Credential("bob")], []);
        store.ChangeUsers([], [("bob", ScramMechanism.Sha256.Name)]);
        SecurityStore again = Open();
        Assert.Equal(store.Acls.All, again.Acls.All);
        Assert.Equal(2, again.Acls.All.Count);
        Assert.Equal(["alice"], again.Users);
        Assert.Equal(
            store.Find("alice", ScramMechanism.Sha256)!.StoredKey, again.Find("alice", ScramMechanism.Sha256)!.StoredKey);
        Assert.Null(again.Find("alice", ScramMechanism.Sha512));
    }

    [Fact]
    public void The_file_has_no_password_and_is_its_owners_alone()
    {
        Open().ChangeUsers([Credential("alice")], []);
        Assert.DoesNotContain("secret", File.ReadAllText(FilePath), StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FilePath));
        }
    }

    [Fact]
    public void Deletions_answer_what_each_filter_matched()
    {
        SecurityStore store = Open();
        AclBinding other = Rule with { ResourceName = "u" };
        store.AddAcls([Rule, other]);
        AclFilter everything = new(
            AclResourceType.Any, null, AclPatternType.Any, null, null, AclOperation.Any, AclPermission.Any);
        IReadOnlyList<IReadOnlyList<AclBinding>> matched =
            store.RemoveAcls([everything with { ResourceName = "u" }, everything, everything with { Host = "nowhere" }]);
        Assert.Equal([[other], [Rule, other], []], matched);
        Assert.Empty(Open().Acls.All);
    }

    [Fact]
    public void A_change_that_cannot_be_stored_has_not_happened()
    {
        FaultyFileSystem files = new();
        SecurityStore store = SecurityStore.Open(files, _directory.Path);
        store.AddAcls([Rule]);
        files.FailFlush = true;
        Assert.Throws<IOException>(() => store.AddAcls([Rule with { ResourceName = "u" }]));
        Assert.Equal([Rule], store.Acls.All);
        files.FailFlush = false;
        Assert.Equal([Rule], Open().Acls.All);
    }

    [Theory]
    [InlineData("{", "is not readable")]
    [InlineData("null", "is empty")]
    [InlineData("{\"formatVersion\":1,\"users\":null,\"acls\":[]}", "is empty or lacks")]
    [InlineData("{\"formatVersion\":2,\"users\":[],\"acls\":[]}", "newer broker")]
    public void A_damaged_file_is_an_error_that_names_it(string content, string expected)
    {
        File.WriteAllText(FilePath, content);
        string message = Assert.Throws<InvalidDataException>(Open).Message;
        Assert.Contains(FilePath, message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    private static StoredScramCredential Credential(string user)
    {
        ScramCredential credential = ScramCredential.Create(ScramMechanism.Sha256, "secret");
        return new StoredScramCredential(
            user, ScramMechanism.Sha256.Name, credential.Salt, credential.StoredKey, credential.ServerKey, credential.Iterations);
    }

    private SecurityStore Open() => SecurityStore.Open(FileSystem.Disk, _directory.Path);
}
