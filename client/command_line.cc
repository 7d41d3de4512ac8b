// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/command_line.h"

#include <algorithm>
#include <map>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/duration_text.h"
#include "base/violations.h"
#include "client/strategy_flags.h"
#include "client/words.h"

namespace sluice::client {
namespace {

constexpr char kVersion[] = "sluice " SLUICE_VERSION "\n";
constexpr int kMaxLimit = 1'000'000;
constexpr char kGlobalHelp[] =
    "Every verb also takes --address, --timeout and --output: see `sluice --help`.\n\n";
constexpr char kSubjectHelp[] = "service, or deployment id or its unique beginning";

const std::map<std::string, OutputFormat> kFormats = {{"text", OutputFormat::kText},
                                                      {"wide", OutputFormat::kWide},
                                                      {"json", OutputFormat::kJson},
                                                      {"yaml", OutputFormat::kYaml}};
const std::map<std::string, WaitCondition> kConditions = {{"completed", WaitCondition::kCompleted},
                                                          {"paused", WaitCondition::kPaused},
                                                          {"terminal", WaitCondition::kTerminal}};

// A flag whose value is one of the map's words.
template <typename Value>
void AddChoice(CLI::App& app, const std::string& name, Value& value,
               const std::map<std::string, Value>& choices, const std::string& help) {
  app.add_option_function<std::string>(
         name, [&value, &choices](const std::string& word) { value = choices.at(word); }, help)
      ->check(CLI::IsMember(choices))
      ->option_text("WORD");
}

template <typename Duration>
CLI::Option* AddDuration(CLI::App& app, const std::string& name, Duration& value,
                         const std::string& help) {
  return app
      .add_option_function<std::string>(
          name,
          [&value, name](const std::string& text) {
            const absl::StatusOr<absl::Duration> parsed = ParseDuration(text);
            if (!parsed.ok())
              throw CLI::ValidationError(name, std::string(parsed.status().message()));
            value = *parsed;
          },
          help)
      ->option_text("DURATION");
}

// Declares all verbs on a CLI::App; the structs that the flags fill live here.
class Grammar {
 public:
  Grammar()
      : app_("Rolls new versions of services out, watches them, and takes them back.", "sluice") {
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.footer(kExitCodeHelp);
    app_.set_version_flag("--version", kVersion);
    AddGlobals();
    AddDeploy();
    AddRollback();
    AddState();
    AddList();
    AddWatch();
    AddPlan();
    AddControls();
    AddServices();
    AddWait();
    AddHealth();
    AddAudit();
    AddCerts();
    AddToken();
    AddCompletion();
  }

  CLI::App& app() { return app_; }
  CommandLine Result() const { return {global_, *chosen_}; }

 private:
  // A verb whose options are `options` when it is the one that is given.
  template <typename Options>
  CLI::App& AddVerb(const std::string& name, const std::string& help, const Options& options,
                    const std::string& examples) {
    return AddAction(app_, name, help, options, examples);
  }

  // As AddVerb, of the second word of a verb that has several actions.
  template <typename Options>
  CLI::App& AddAction(CLI::App& parent, const std::string& name, const std::string& help,
                      const Options& options, const std::string& examples) {
    CLI::App& verb = *parent.add_subcommand(name, help);
    verb.footer(absl::StrCat("Examples:\n", examples, "\n\n", kGlobalHelp, kExitCodeHelp));
    verb.callback([this, &options] { chosen_ = &(last_ = options); });
    return verb;
  }

  void AddGlobals() {
    app_.add_option("--address,-a", global_.address,
                    "where sluiced listens: host:port or unix:PATH (SLUICE_ADDRESS, else "
                    "unix:/run/sluice/sluice.sock)");
    AddDuration(app_, "--timeout", global_.timeout, "longest time of one call (10s)");
    AddChoice(app_, "--output,-o", global_.output, kFormats, "text, wide, json or yaml (text)");
  }

  void AddDeploymentFlags(CLI::App& verb, DeployOptions& options) {
    verb.add_option("SERVICE", options.service, "what is deployed");
    verb.add_option("VERSION", options.version, "the version it is brought to");
    verb.add_option("--file,-f", options.file,
                    "read the request from a YAML file (- is standard input); flags go over it");
    verb.add_option("--strategy", options.strategy,
                    "on targets: rolling, blue_green, canary; on traffic or a flag: "
                    "rolling_strategy, canary_strategy, blue_green_strategy, feature_flag (the "
                    "service's configured one)");
    verb.add_option("--target", options.targets, "ID or ID=ADDRESS; may be repeated (all)")
        ->allow_extra_args(false);
    verb.add_option("--on-failure", options.on_failure, "rollback, stop or continue (rollback)")
        ->check(CLI::IsMember({"rollback", "stop", "continue"}));
    verb.add_option("--max-failed-targets", options.max_failed_targets,
                    "targets that may fail without failing the deployment (0)");
    AddDuration(verb, "--progress-deadline", options.progress_deadline,
                "longest time without progress (10m)");
    verb.add_option("--reason", options.reason, "why; kept in the record");
    verb.add_option("--metadata", options.metadata, "KEY=VALUE; may be repeated")
        ->allow_extra_args(false);
    verb.add_option("--request-id", options.request_id,
                    "the same id returns the same deployment (a random one)");
    AddStrategyFlags(verb, options);
  }

  static void AddStrategyFlags(CLI::App& verb, DeployOptions& options) {
    auto& parameters = options.strategy_parameters;
    for (const StrategyFlag& flag : StrategyFlags()) {
      const auto keep = [&parameters, field = flag.field](const std::string& text) {
        parameters.emplace_back(field, text);
      };
      CLI::Option* option =
          flag.is_switch ? verb.add_flag_callback(
                               flag.flags, [keep] { keep("true"); }, flag.help)
                         : verb.add_option_function<std::string>(flag.flags, keep, flag.help);
      option->group("Strategy");
    }
  }

  void AddDeploy() {
    CLI::App& verb = AddVerb("deploy", "bring a service to a version", deploy_,
                             "  sluice deploy web v2 --watch\n"
                             "  sluice deploy web v2 --strategy canary --stages 10,50,100 "
                             "--stage-duration 2m\n"
                             "  sluice deploy -f request.yaml");
    AddDeploymentFlags(verb, deploy_);
    verb.add_flag("--watch,-w", deploy_.watch, "follow it; the exit code is its outcome");
  }

  void AddPlan() {
    CLI::App& verb = AddVerb("plan", "show what deploy would do; does nothing", plan_,
                             "  sluice plan web v2 --strategy rolling --batch-size 2");
    AddDeploymentFlags(verb, plan_.deployment);
  }

  void AddRollback() {
    CLI::App& verb = AddVerb("rollback", "take a running or finished deployment back", rollback_,
                             "  sluice rollback web --watch\n"
                             "  sluice rollback 3f2a9c1d --reason 'errors in the log'");
    verb.add_option("SUBJECT", rollback_.subject, kSubjectHelp)->required();
    verb.add_option("--to-version", rollback_.to_version, "where to (the version before)");
    verb.add_option("--reason", rollback_.reason, "why; kept in the record");
    verb.add_option("--request-id", rollback_.request_id, "makes a retry safe (a random one)");
    verb.add_flag("--watch,-w", rollback_.watch, "follow it; exit code 0 when all is back");
  }

  void AddState() {
    CLI::App& verb = AddVerb("state", "show a deployment with its plan and targets", state_,
                             "  sluice state web\n  sluice state 3f2a -o json");
    verb.add_option("SUBJECT", state_.subject, kSubjectHelp)->required();
  }

  void AddList() {
    CLI::App& verb = AddVerb("list", "list deployments, newest first", list_,
                             "  sluice list web --status failed,rolled_back");
    verb.add_option("SERVICE", list_.service, "only of this service");
    verb.add_option("--status", list_.statuses, "only in these statuses; may be repeated")
        ->delimiter(',')
        ->allow_extra_args(false);
    verb.add_option("--limit,-n", list_.limit, "at most this many; 0: all (50)")
        ->check(CLI::Range(0, kMaxLimit));
  }

  void AddWatch() {
    CLI::App& verb = AddVerb("watch", "follow one deployment to its end, or everything", watch_,
                             "  sluice watch web\n  sluice watch");
    verb.add_option("SUBJECT", watch_.subject, kSubjectHelp);
  }

  void AddControl(const std::string& name, const std::string& help, ControlOptions& options) {
    CLI::App& verb = AddVerb(name, help, options, absl::StrCat("  sluice ", name, " web"));
    verb.add_option("SUBJECT", options.subject, kSubjectHelp)->required();
    verb.add_option("--reason", options.reason, "why; kept in the record");
    if (options.action == ControlAction::kPromote) {
      verb.add_flag("--full", options.full, "end all waits and gates, not only the present one");
    }
  }

  void AddControls() {
    AddControl("pause", "freeze waits and start no further target", pause_);
    AddControl("resume", "go on after a pause", resume_);
    AddControl("promote", "end the present wait or gate", promote_);
    AddControl("abort", "stop, and leave things as they are", abort_);
  }

  void AddServices() {
    AddVerb("services", "list services and what runs", services_, "  sluice services");
  }

  void AddWait() {
    CLI::App& verb = AddVerb("wait", "wait for a deployment without showing it", wait_,
                             "  sluice wait web --for=paused --timeout 10m");
    verb.add_option("SUBJECT", wait_.subject, kSubjectHelp)->required();
    AddChoice(verb, "--for", wait_.condition, kConditions,
              "completed, paused or terminal (completed)");
    AddDuration(verb, "--timeout", wait_.timeout, "longest time to wait; then exit code 5 (none)");
  }

  void AddHealth() {
    CLI::App& verb = AddVerb("health", "ask whether the daemon serves", health_,
                             "  sluice health --address 127.0.0.1:9090");
    verb.add_option("--service", health_.service, "a gRPC service by name (the whole daemon)");
  }

  void AddAudit() {
    CLI::App& verb = AddVerb("audit", "show the audit trail: who did what, and what came of it",
                             audit_, "  sluice audit --service web\n  sluice audit verify");
    verb.add_option("FILE", audit_.file, absl::StrCat("the trail (", kDefaultAuditFile, ")"));
    verb.add_option("--service", audit_.service, "only of this service");
    verb.add_option("--principal", audit_.principal, "only of this token, user or certificate");
    verb.add_option("--limit,-n", audit_.limit, "the last so many; 0: all (100)")
        ->check(CLI::Range(0, kMaxLimit));
    CLI::App& verify = AddAction(verb, "verify", "tell whether a record was changed or removed",
                                 audit_verify_, "  sluice audit verify audit.jsonl");
    verify.add_option("FILE", audit_verify_.file,
                      absl::StrCat("the trail (", kDefaultAuditFile, ")"));
    // The library calls back the inner one first.
    verb.callback([this, &verify] {
      if (!verify.parsed()) chosen_ = &(last_ = audit_);
    });
  }

  void AddCerts() {
    CLI::App& verb = *app_.add_subcommand("certs", "make certificates for development");
    verb.require_subcommand(1);
    CLI::App& init =
        AddAction(verb, "init", "make an authority, a server's and a client's certificate", certs_,
                  "  sluice certs init --dir certs --host deploy.example.org");
    init.add_option("--dir", certs_.directory, "where they go (certs)");
    init.add_option("--host", certs_.hosts,
                    "a DNS name or IP address of the server, besides localhost; may be repeated")
        ->allow_extra_args(false);
    init.add_option("--client", certs_.client, "the client's common name (developer)");
    init.add_flag("--force", certs_.force, "replace the files that are there");
  }

  void AddToken() {
    CLI::App& verb = *app_.add_subcommand("token", "make bearer tokens");
    verb.require_subcommand(1);
    CLI::App& make = AddAction(verb, "new", "make a token, and the line for the token file", token_,
                               "  sluice token new ci --expires 2027-06-30\n"
                               "  sluice token new ci --file /etc/sluice/tokens");
    make.add_option("NAME", token_.name, "what grants call it")->required();
    make.add_option("--expires", token_.expires, "2027-06-30, or a time in RFC 3339 (never)");
    make.add_option("--file", token_.file, "append the line to this token file");
  }

  void AddCompletion() {
    CLI::App& verb = AddVerb("completion", "print a shell's completion script", completion_,
                             "  source <(sluice completion bash)\n"
                             "  sluice completion fish > ~/.config/fish/completions/sluice.fish");
    verb.add_option("SHELL", completion_.shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  }

  CLI::App app_;
  GlobalOptions global_;
  DeployOptions deploy_;
  RollbackOptions rollback_;
  StateOptions state_;
  ListOptions list_;
  WatchOptions watch_;
  PlanOptions plan_;
  ControlOptions pause_{ControlAction::kPause, "", "", false};
  ControlOptions resume_{ControlAction::kResume, "", "", false};
  ControlOptions promote_{ControlAction::kPromote, "", "", false};
  ControlOptions abort_{ControlAction::kAbort, "", "", false};
  ServicesOptions services_;
  WaitOptions wait_;
  HealthOptions health_;
  CompletionOptions completion_;
  AuditOptions audit_;
  AuditVerifyOptions audit_verify_;
  CertsInitOptions certs_;
  TokenNewOptions token_;
  VerbOptions last_;
  const VerbOptions* chosen_ = nullptr;
};

EarlyEnd UsageError(const CLI::App& app, const std::string& what) {
  const auto given = app.get_subcommands();
  const std::string verb = given.empty() ? "" : given.front()->get_name() + " ";
  return {ExitCode::kUsage,
          absl::StrCat("sluice: ", what, "\n`sluice ", verb, "--help` shows how it is used.\n")};
}

ArgumentKind FirstArgument(const std::string& verb) {
  if (verb == "deploy" || verb == "plan" || verb == "list") return ArgumentKind::kService;
  if (verb == "services" || verb == "health") return ArgumentKind::kNothing;
  if (verb == "audit" || verb == "certs" || verb == "token") return ArgumentKind::kFile;
  return verb == "completion" ? ArgumentKind::kShell : ArgumentKind::kSubject;
}

void AddFlags(const CLI::App& app, VerbSyntax& syntax) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) continue;
    for (const std::string& name : option->get_lnames()) {
      const std::string flag = "--" + name;
      if (std::find(syntax.flags.begin(), syntax.flags.end(), flag) != syntax.flags.end()) continue;
      syntax.flags.push_back(flag);
      if (option->get_items_expected_max() > 0) syntax.flags_with_value.push_back("--" + name);
    }
    for (const std::string& name : option->get_snames()) {
      if (option->get_items_expected_max() > 0) syntax.flags_with_value.push_back("-" + name);
    }
  }
}

}  // namespace

std::variant<CommandLine, EarlyEnd> ParseCommandLine(int argc, const char* const* argv) {
  Grammar grammar;
  try {
    grammar.app().parse(argc, argv);
  } catch (const CLI::CallForVersion&) {
    return EarlyEnd{ExitCode::kDone, kVersion};
  } catch (const CLI::CallForHelp&) {
    return EarlyEnd{ExitCode::kDone, grammar.app().help()};
  } catch (const CLI::RequiredError& error) {
    // A word that is no verb is left over; that none was given is only its consequence.
    const std::vector<std::string> left = grammar.app().remaining();
    return UsageError(grammar.app(), left.empty()
                                         ? error.what()
                                         : absl::StrCat("there is no command ", Quoted(left[0])));
  } catch (const CLI::ParseError& error) {
    return UsageError(grammar.app(), error.what());
  }
  return grammar.Result();
}

std::vector<VerbSyntax> AllVerbs() {
  Grammar grammar;
  std::vector<VerbSyntax> verbs;
  for (CLI::App* verb : grammar.app().get_subcommands([](CLI::App*) { return true; })) {
    VerbSyntax syntax{verb->get_name(), FirstArgument(verb->get_name()), {}, {}, {}};
    AddFlags(*verb, syntax);
    for (const CLI::App* action : verb->get_subcommands([](CLI::App*) { return true; })) {
      syntax.actions.push_back(action->get_name());
      AddFlags(*action, syntax);
    }
    AddFlags(grammar.app(), syntax);
    verbs.push_back(std::move(syntax));
  }
  return verbs;
}

std::vector<std::string> FlagValues(const std::string& flag) {
  if (flag == "--strategy") return StrategyNames();
  if (flag == "--on-failure") return {"rollback", "stop", "continue"};
  if (flag == "--for") return {"completed", "paused", "terminal"};
  if (flag == "--output" || flag == "-o") return {"text", "wide", "json", "yaml"};
  if (flag != "--status") return {};
  std::vector<std::string> statuses;
  for (int status = v1::STATUS_PENDING; status <= v1::Status_MAX; ++status) {
    statuses.push_back(Word(static_cast<v1::Status>(status)));
  }
  return statuses;
}

}  // namespace sluice::client
