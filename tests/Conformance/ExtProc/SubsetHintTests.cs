using System.Text.Json.Nodes;
using OrleansKvRouter.Tests.Conformance.Support;
using static OrleansKvRouter.Tests.Conformance.Support.Steps;

namespace OrleansKvRouter.Tests.Conformance.ExtProc;

public sealed class SubsetHintTests(ServedRouter router) : RouterTest(router)
{
    [Theory]
    [InlineData("""["10.0.0.1:8000","10.0.0.2:8000"]""", "10.0.0.1:8000|10.0.0.2:8000")]
    [InlineData("\"10.0.0.1:8000, 10.0.0.2:8000\"", "10.0.0.1:8000|10.0.0.2:8000")]
    [InlineData("""["10.0.0.1:8000,[fd00::1]:8000"]""", "10.0.0.1:8000|[fd00::1]:8000")]
    [InlineData("[]", "")]
    [InlineData("\"\"", "")]
    [InlineData("7", "")]
    public async Task Process_SubsetHint_ReachesThePicker(string hint, string expected)
    {
        foreach (var via in Enum.GetValues<Via>())
        {
            Picker.Reset();
            await Router.Client(via).ProcessAsync(Headers(end: true, subset: JsonNode.Parse(hint)), Receive(1));

            Assert.Equal(expected, string.Join('|', Assert.Single(Picker.Asked).Subset!));
        }
    }

    [Theory, EveryClient]
    public async Task Process_HintBeforeAStreamedBody_IsKeptForTheDecision(Via via)
    {
        await Router.Client(via).ProcessAsync(Headers(subset: new JsonArray("10.0.0.9:8000")), Body("{}"), Receive(2));

        Assert.Equal(["10.0.0.9:8000"], Assert.Single(Picker.Asked).Subset!);
    }
}
