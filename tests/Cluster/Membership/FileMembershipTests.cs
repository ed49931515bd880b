namespace OrleansKvRouter.Tests.Cluster.Membership;

/// <summary>The list of silos in a folder.</summary>
public sealed class FileMembershipTests : MembershipTableContract, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kvrouter-membership-");

    public void Dispose() => _folder.Delete(recursive: true);

    protected override Task<string> NewPlaceAsync() => Task.FromResult(_folder.CreateSubdirectory(Guid.NewGuid().ToString("n")).FullName);
}
